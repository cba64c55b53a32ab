// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/platform.hpp>

#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

constexpr auto platform_words() {
  std::array<Word, model::k_platforms.size()> words{};
  std::size_t count = 0;
  for (const model::PlatformRow& row : model::k_platforms)
    words[count++] = word(row.word, row.platform, row.title);
  return words;
}
constexpr auto k_platform_words = platform_words();

constexpr auto argument_keys() {
  std::array<Key, model::k_architecture_names.size()> keys{};
  std::size_t count = 0;
  for (const model::ArchitectureName& known : model::k_architecture_names)
    keys[count++] = {
        .name = known.name, .type = &k_argument_list_type, .documentation = known.title};
  return keys;
}
constexpr auto k_argument_keys = argument_keys();
constexpr Type k_arguments_type{
    .shape = Shape::mapping, .title = "a list for each architecture", .keys = k_argument_keys};

constexpr Key k_file_keys[] = {
    {.name = "destination",
     .type = &k_file_destination_type,
     .documentation = "Path in the image.",
     .presence = Presence::required},
    {.name = "content",
     .type = &k_text_type,
     .documentation = "The text of the file.",
     .presence = Presence::required},
    {.name = "permissions",
     .type = &k_permissions_type,
     .documentation = "Its permissions.",
     .default_text = "644"},
};
constexpr Type k_file_mapping{.shape = Shape::mapping, .title = "a file", .keys = k_file_keys};
constexpr Type k_files_type{.shape = Shape::list, .item = &k_file_mapping};

constexpr Key k_units_keys[] = {
    {.name = "enable", .type = &k_unit_list_type, .documentation = "Units that start at boot."},
    {.name = "disable",
     .type = &k_unit_list_type,
     .documentation = "Units that do not start at boot."},
    {.name = "mask",
     .type = &k_unit_list_type,
     .documentation = "Units that cannot be started at all."},
};
constexpr Type k_units_type{.shape = Shape::mapping, .title = "services", .keys = k_units_keys};

constexpr Key k_platform_keys[] = {
    {.name = "kernelArguments",
     .type = &k_argument_list_type,
     .documentation = "Further kernel arguments."},
    {.name = "architectureKernelArguments",
     .type = &k_arguments_type,
     .documentation = "Further kernel arguments, by architecture."},
    {.name = "consoles",
     .type = &k_arguments_type,
     .documentation = "console= values in place of the release's, by architecture."},
    {.name = "roles",
     .type = &k_plain_word_list_type,
     .documentation = "Roles that such images have."},
    {.name = "packages",
     .type = &k_package_list_items_type,
     .documentation = "Packages that such images have."},
    {.name = "drivers",
     .type = &k_plain_word_list_type,
     .documentation = "Kernel modules of the initramfs."},
    {.name = "services",
     .type = &k_units_type,
     .documentation = "systemd units. What a config says about a unit counts more."},
    {.name = "files", .type = &k_files_type, .documentation = "Files put into the image."},
    {.name = "network",
     .type = &k_network_type,
     .documentation = "The network of configs that say nothing about it.",
     .default_text = "as the packages have it"},
};
constexpr Type k_platform_mapping{
    .shape = Shape::mapping, .title = "a platform", .keys = k_platform_keys};

constexpr auto platforms_keys() {
  std::array<Key, model::k_platforms.size()> keys{};
  std::size_t count = 0;
  for (const model::PlatformRow& row : model::k_platforms)
    keys[count++] = {.name = row.word, .type = &k_platform_mapping, .documentation = row.title};
  return keys;
}
constexpr auto k_platforms_keys = platforms_keys();

} // namespace

constinit const Type k_platform_word_type{.shape = Shape::word, .words = k_platform_words};
constinit const Type k_platforms_type{
    .shape = Shape::mapping, .title = "a platform", .keys = k_platforms_keys};

} // namespace imagewright::config
