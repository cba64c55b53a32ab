// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/os_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::SelinuxMode;

constexpr Type k_name_type{.shape = Shape::text,
                           .title = "a word",
                           .check = check_file_name,
                           .pattern = "^[A-Za-z0-9][A-Za-z0-9._+-]*$"};
constexpr Type k_architecture_list_type{.shape = Shape::list, .item = &k_architecture_type};
constexpr Type k_baseline_type{
    .shape = Shape::map, .item = &k_series_type, .map_key_check = check_no_blanks};

/// A key for each architecture, with values of one type.
constexpr auto keys_per_architecture(const Type* type) {
  std::array<Key, model::k_architecture_names.size()> keys{};
  std::size_t count = 0;
  for (const model::ArchitectureName& known : model::k_architecture_names)
    keys[count++] = {.name = known.name, .type = type, .documentation = known.title};
  return keys;
}

/// The same, and "default" for every other.
constexpr auto keys_per_architecture_or_default(const Type* type) {
  std::array<Key, model::k_architecture_names.size() + 1> keys{};
  std::size_t count = 0;
  keys[count++] = {
      .name = "default", .type = type, .documentation = "For every other architecture."};
  for (const Key& key : keys_per_architecture(type))
    keys[count++] = key;
  return keys;
}

constexpr auto k_per_architecture_keys =
    keys_per_architecture_or_default(&k_package_list_items_type);
constexpr Type k_per_architecture_type{
    .shape = Shape::mapping, .title = "packages per architecture", .keys = k_per_architecture_keys};
constexpr Type k_role_type{
    .shape = Shape::list, .item = &k_package_type, .other_form = &k_per_architecture_type};
constexpr Type k_roles_type{
    .shape = Shape::map, .item = &k_role_type, .map_key_check = check_identifier};
constexpr Type k_features_type{
    .shape = Shape::map, .item = &k_plain_word_list_type, .map_key_check = check_identifier};

constexpr auto k_arguments_keys = keys_per_architecture(&k_argument_list_type);
constexpr Type k_arguments_type{
    .shape = Shape::mapping, .title = "a list for each architecture", .keys = k_arguments_keys};

constexpr Key k_initramfs_keys[] = {
    {.name = "modules",
     .type = &k_plain_word_list_type,
     .documentation = "dracut modules.",
     .default_text = "dracut's choice"},
    {.name = "omitModules",
     .type = &k_plain_word_list_type,
     .documentation = "dracut modules left out."},
    {.name = "drivers", .type = &k_plain_word_list_type, .documentation = "Kernel modules."},
    {.name = "filesystems", .type = &k_plain_word_list_type, .documentation = "Filesystems."},
    {.name = "compression",
     .type = &k_non_blank_type,
     .documentation = "Compression program with its arguments.",
     .default_text = "zstd -3 -T0"},
};
constexpr Type k_initramfs_type{
    .shape = Shape::mapping, .title = "how the initramfs is made", .keys = k_initramfs_keys};

constexpr auto k_boot_file_keys = keys_per_architecture_or_default(&k_absolute_path_type);
constexpr Type k_boot_file_type{.shape = Shape::mapping,
                                .title = "a path per architecture",
                                .keys = k_boot_file_keys,
                                .other_form = &k_absolute_path_type};

constexpr Key k_boot_loader_keys[] = {
    {.name = "efiProgram",
     .type = &k_boot_file_type,
     .documentation = "Its EFI program in the root; `@efi@` stands for x64 or aa64.",
     .presence = Presence::required},
    {.name = "shim",
     .type = &k_boot_file_type,
     .documentation = "The shim in the root.",
     .default_text = "none"},
    {.name = "configurationDirectory",
     .type = &k_absolute_path_type,
     .documentation = "Where on the ESP it looks for its configuration."},
    {.name = "stub",
     .type = &k_boot_file_type,
     .documentation = "What a unified kernel image begins with.",
     .default_text = "none"},
    {.name = "addonStub",
     .type = &k_boot_file_type,
     .documentation = "What an addon of such an image begins with, where the stub knows addons.",
     .default_text = "none"},
    {.name = "defaults",
     .type = &k_non_blank_type,
     .documentation = "The text of /etc/default/grub as the distribution's tools expect it; "
                      "`@commandLine@` stands for the kernel command line, `@timeout@` for the "
                      "seconds of the menu.",
     .default_text = "what grub-mkconfig needs"},
};
constexpr Type k_boot_loader_mapping{
    .shape = Shape::mapping, .title = "a boot loader", .keys = k_boot_loader_keys};
constexpr Type k_boot_loaders_type{
    .shape = Shape::map, .item = &k_boot_loader_mapping, .map_key_check = check_identifier};
constexpr Key k_bill_keys[] = {
    {.name = "packageUrlNamespace",
     .type = &k_plain_word_type,
     .documentation = "The vendor in package URLs, as scanners know it.",
     .default_text = "the release's name"},
    {.name = "distribution",
     .type = &k_plain_word_type,
     .documentation = "The distribution and version in package URLs.",
     .default_text = "none"},
    {.name = "supplier",
     .type = &k_non_blank_type,
     .documentation = "Who supplies packages whose repository names no vendor.",
     .default_text = "nobody"},
};
constexpr Type k_bill_type{.shape = Shape::mapping,
                           .title = "how a bill of materials names packages",
                           .keys = k_bill_keys};
constexpr Word k_network_management_words[] = {
    word("networkd", model::NetworkManagement::networkd, "systemd-networkd"),
    word("NetworkManager", model::NetworkManagement::network_manager, "NetworkManager")};
constexpr Type k_network_management_type{.shape = Shape::word, .words = k_network_management_words};
constexpr Type k_key_sources_type{
    .shape = Shape::map, .item = &k_non_blank_type, .map_key_check = check_fingerprint};

constexpr Word k_cgroup_words[] = {{"v1", 0, "separate hierarchies"},
                                   {"v2", 1, "the unified hierarchy"}};
constexpr Type k_cgroup_type{.shape = Shape::word, .words = k_cgroup_words};

constexpr Word k_default_selinux_words[] = {
    word("disabled", SelinuxMode::disabled, "no SELinux, said on the kernel command line"),
    word("permissive", SelinuxMode::permissive, "SELinux logs"),
    word("enforcing", SelinuxMode::enforcing, "SELinux denies")};
constexpr Type k_default_selinux_type{.shape = Shape::word, .words = k_default_selinux_words};

constexpr Key k_release_keys[] = {
    {.name = "name",
     .type = &k_name_type,
     .documentation = "Name of the release.",
     .presence = Presence::required},
    {.name = "title",
     .type = &k_non_blank_type,
     .documentation = "Name for people.",
     .presence = Presence::required},
    {.name = "version",
     .type = &k_word_without_blanks_type,
     .documentation = "Stands for `$releasever`.",
     .presence = Presence::required},
    {.name = "architectures",
     .type = &k_architecture_list_type,
     .documentation = "Architectures it exists for.",
     .presence = Presence::required},
    {.name = "repositories",
     .type = &k_repositories_type,
     .documentation = "Where its packages come from.",
     .presence = Presence::required},
    {.name = "keys",
     .type = &k_key_sources_type,
     .documentation = "How to get a public key that `repositories` names by its fingerprint: what "
                      "is said to whoever has it not."},
    {.name = "platforms",
     .type = &k_platforms_type,
     .documentation = "What images for a platform have beyond those for any."},
    {.name = "networkManagement",
     .type = &k_network_management_type,
     .documentation = "The program that sets up the network.",
     .default_text = "networkd"},
    {.name = "baseline",
     .type = &k_baseline_type,
     .documentation = "Version series that an image must have, by role or package."},
    {.name = "roles",
     .type = &k_roles_type,
     .documentation = "Which packages play a role.",
     .presence = Presence::required},
    {.name = "baseRoles",
     .type = &k_plain_word_list_type,
     .documentation = "Roles that every image has."},
    {.name = "filesystemFeatures",
     .type = &k_features_type,
     .documentation = "Features of filesystems that its boot loader and kernel can read."},
    {.name = "consoles",
     .type = &k_arguments_type,
     .documentation = "console= values; the last is /dev/console."},
    {.name = "kernelArguments",
     .type = &k_argument_list_type,
     .documentation = "Kernel arguments of every image."},
    {.name = "architectureKernelArguments",
     .type = &k_arguments_type,
     .documentation = "Further kernel arguments, by architecture."},
    {.name = "initramfs", .type = &k_initramfs_type, .documentation = "How the initramfs is made."},
    {.name = "bootLoaders",
     .type = &k_boot_loaders_type,
     .documentation = "Where boot loaders have their files."},
    {.name = "defaultBootLoader",
     .type = &k_plain_word_type,
     .documentation = "The one that is used.",
     .presence = Presence::required},
    {.name = "billOfMaterials",
     .type = &k_bill_type,
     .documentation = "How bills of materials name the packages of this release."},
    {.name = "rpmDatabasePath",
     .type = &k_absolute_path_type,
     .documentation = "Directory of the package database.",
     .default_text = "/var/lib/rpm"},
    {.name = "defaultCgroupVersion",
     .type = &k_cgroup_type,
     .documentation = "What its systemd uses.",
     .default_text = "v2"},
    {.name = "defaultSelinuxMode",
     .type = &k_default_selinux_type,
     .documentation = "The mode of configs that say nothing about SELinux.",
     .default_text = "as the packages have it"},
    {.name = "identityFiles",
     .type = &k_non_blank_list_type,
     .documentation =
         "Files by which a machine is known: removed from every image unless a package "
         "owns them. `*` stands for letters other than the slash.",
     .default_text =
         "host keys of sshd, ids of iSCSI, NVMe, DHCP and NetworkManager, and the like"},
    {.name = "defaultStorage",
     .type = &k_storage_type,
     .documentation = "Storage of configs that say nothing about it.",
     .presence = Presence::required},
};

} // namespace

constinit const Type k_release_profile_type{
    .shape = Shape::mapping, .title = "a release profile", .keys = k_release_keys};

} // namespace imagewright::config
