// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/architecture_names.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

// Where the kernel shows its own files; with ".." the place is known only when that is resolved.
constexpr std::string_view k_outside_of_kernel_trees =
    "^(?!/*(dev|proc|sys)(/(?!.*\\.\\.)|$))[^\\x00-\\x1f\\x7f]+$";
constexpr std::string_view k_outside_of_kernel_trees_and_not_root =
    "^(?!/*(dev|proc|sys)(/(?!.*\\.\\.)|$))(?=.*[^/.])(?!.*/\\.{0,2}$)[^\\x00-\\x1f\\x7f]+$";

} // namespace

constinit const Type k_text_type{.shape = Shape::text, .title = "a text"};
constinit const Type k_non_blank_type{
    .shape = Shape::text, .title = "a text", .check = check_non_blank, .pattern = "\\S"};
constinit const Type k_word_without_blanks_type{.shape = Shape::text,
                                                .title = "a text without blanks",
                                                .check = check_no_blanks,
                                                .pattern = "^\\S+$"};
constinit const Type k_boolean_type{.shape = Shape::boolean, .title = "true or false"};
constinit const Type k_path_type{.shape = Shape::text,
                                 .title = "a path, relative to the file that names it",
                                 .check = check_non_blank,
                                 .pattern = "\\S"};
constinit const Type k_optional_text_type{
    .shape = Shape::text, .title = "a text", .empty_text = EmptyText::means_not_given};
constinit const Type k_optional_name_type{.shape = Shape::text,
                                          .title = "a text",
                                          .check = check_non_blank,
                                          .pattern = "\\S",
                                          .empty_text = EmptyText::means_not_given};
constinit const Type k_optional_path_type{.shape = Shape::text,
                                          .title = "a path, relative to the file that names it",
                                          .check = check_non_blank,
                                          .pattern = "\\S",
                                          .empty_text = EmptyText::means_not_given};
constinit const Type k_absolute_path_type{.shape = Shape::text,
                                          .title = "an absolute path",
                                          .check = check_absolute_path,
                                          .pattern = "^/[^\\x00-\\x1f\\x7f]*$",
                                          .form = TextForm::image_path};
constinit const Type k_file_destination_type{.shape = Shape::text,
                                             .title = "a path of the image",
                                             .check = check_file_destination,
                                             .pattern = k_outside_of_kernel_trees_and_not_root,
                                             .example = "/etc/motd",
                                             .form = TextForm::image_path};
constinit const Type k_directory_destination_type{.shape = Shape::text,
                                                  .title = "a path of the image",
                                                  .check = check_directory_destination,
                                                  .pattern = k_outside_of_kernel_trees,
                                                  .example = "/etc/app",
                                                  .form = TextForm::image_path};
constinit const Type k_mount_path_type{.shape = Shape::text,
                                       .title = "an absolute path",
                                       .check = check_mount_path,
                                       .pattern = "^/[^\\s:,]*$",
                                       .example = "/var",
                                       .form = TextForm::image_path};
constinit const Type k_filesystem_path_type{
    .shape = Shape::text,
    .title = "an absolute path",
    .check = check_filesystem_path,
    .pattern = "^(?!/+(dev|proc|sys)(/(?!.*\\.\\.)|$))(?!/+(run|etc)/*$)/[^\\s:,]*$",
    .example = "/var",
    .form = TextForm::image_path};
constinit const Type k_mount_options_type{.shape = Shape::text,
                                          .title = "mount options, separated by commas",
                                          .check = check_mount_options,
                                          .pattern = "^\\S*$",
                                          .example = "noatime,nodev"};
constinit const Type k_disk_size_type{
    .shape = Shape::text,
    .title = "a size in whole MiB, such as 512M or 4G",
    .check = check_disk_size,
    .pattern = "^(0[KMGT]|[1-9][0-9]{2,11}[02468]K|[1-9][0-9]{0,9}M|[1-9][0-9]{0,"
               "6}G|[1-9][0-9]{0,3}T)$",
    .example = "512M"};
constinit const Type k_room_type{
    .shape = Shape::text,
    .title = "a size in whole MiB, such as 512M or 4G",
    .check = check_disk_size,
    .pattern = "^([1-9][0-9]{2,11}[02468]K|[1-9][0-9]{0,9}M|[1-9][0-9]{0,6}G|[1-"
               "9][0-9]{0,3}T)$",
    .example = "4G"};
constinit const Type k_byte_size_type{.shape = Shape::text,
                                      .title = "a size, such as 64K or 2M",
                                      .check = check_byte_size,
                                      .pattern = "^(0|[1-9][0-9]*)[KMGT]$",
                                      .example = "64K"};
constinit const Type k_permissions_type{.shape = Shape::text,
                                        .title = "permissions in octal, such as 644",
                                        .check = check_permissions,
                                        .pattern = "^0*[0-7]{1,3}$",
                                        .example = "644",
                                        .maximum = 777};
constinit const Type k_series_type{.shape = Shape::text,
                                   .title = "a version series, such as 6.6",
                                   .check = check_series,
                                   .pattern = "^[0-9]+(\\.[0-9]+)*$",
                                   .example = "6.6"};
constinit const Type k_package_type{.shape = Shape::text,
                                    .title = "a package name, capability or file path",
                                    .check = check_package,
                                    .pattern = "^(?!-)(?=.*\\S)[^\\t\\r\\n]+$",
                                    .example = "openssh-server"};
constinit const Type k_unit_type{.shape = Shape::text,
                                 .title = "the name of a unit; \".service\" may be left out",
                                 .check = check_unit,
                                 .pattern = "^(?!-)[^\\s/]+$",
                                 .example = "sshd.service"};

namespace {

constexpr auto k_architecture_words = [] {
  std::array<Word, model::k_architecture_names.size()> words{};
  for (std::size_t index = 0; index < words.size(); ++index) {
    const model::ArchitectureName& known = model::k_architecture_names[index];
    words[index] = {known.name, static_cast<int>(index), known.title};
  }
  return words;
}();

} // namespace

constinit const Type k_architecture_type{
    .shape = Shape::word, .title = "an architecture", .words = k_architecture_words};
constinit const Type k_plain_word_type{.shape = Shape::text,
                                       .title = "a word",
                                       .check = check_identifier,
                                       .pattern = "^[A-Za-z0-9_.-]+$"};
constinit const Type k_plain_word_list_type{.shape = Shape::list, .item = &k_plain_word_type};
constinit const Type k_argument_list_type{.shape = Shape::list,
                                          .item = &k_word_without_blanks_type};
constinit const Type k_unit_list_type{.shape = Shape::list, .item = &k_unit_type};
constinit const Type k_text_list_type{.shape = Shape::list, .item = &k_text_type};
constinit const Type k_non_blank_list_type{.shape = Shape::list, .item = &k_non_blank_type};
constinit const Type k_path_list_type{.shape = Shape::list, .item = &k_path_type};
constinit const Type k_optional_name_list_type{.shape = Shape::list, .item = &k_optional_name_type};
constinit const Type k_optional_path_list_type{.shape = Shape::list, .item = &k_optional_path_type};
constinit const Type k_package_list_items_type{.shape = Shape::list, .item = &k_package_type};
constinit const Type k_text_map_type{.shape = Shape::map, .item = &k_text_type};

} // namespace imagewright::config
