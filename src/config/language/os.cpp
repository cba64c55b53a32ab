// SPDX-License-Identifier: MIT
#include <imagewright/model/os_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::CgroupVersion;
using model::FipsMode;
using model::ImageHistory;
using model::MachineIdMode;
using model::SelinuxMode;
using model::UkiMode;

constexpr Type k_hostname_type{.shape = Shape::text,
                               .title = "a host name",
                               .check = check_hostname,
                               .pattern =
                                   "^(?![0-9]+(\\.[0-9]+){3}$)(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{"
                                   "0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}["
                                   "A-Za-z0-9])?)*$",
                               .example = "node.example.org",
                               .empty_text = EmptyText::means_not_given};
constexpr Type k_locale_type{.shape = Shape::text,
                             .title = "a locale, such as C.UTF-8",
                             .check = check_locale,
                             .pattern =
                                 "^(C|POSIX|[a-z]{2,3})(_[A-Za-z0-9]{2,3})?(\\.[A-Za-z0-9-]+)?("
                                 "@[A-Za-z0-9]+)?$",
                             .example = "C.UTF-8"};
constexpr Type k_timezone_type{.shape = Shape::text,
                               .title = "a time zone, such as Etc/UTC",
                               .check = check_timezone,
                               .pattern = "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
                               .example = "Etc/UTC"};
constexpr Type k_release_word_type{.shape = Shape::text,
                                   .title = "a word in lower case",
                                   .check = check_release_word,
                                   .pattern = "^[a-z0-9._-]+$",
                                   .example = "gen2"};
constexpr Type k_release_text_type{.shape = Shape::text,
                                   .title = "a text of one line",
                                   .check = check_release_text,
                                   .pattern = "\\S"};
constexpr Key k_identity_keys[] = {
    {.name = "variantId",
     .type = &k_release_word_type,
     .documentation = "VARIANT_ID: which variant of the distribution this is, for programs.",
     .default_text = "as the packages have it",
     .is_own = true},
    {.name = "variant",
     .type = &k_release_text_type,
     .documentation = "VARIANT: the same for people.",
     .default_text = "as the packages have it",
     .is_own = true},
    {.name = "imageId",
     .type = &k_release_word_type,
     .documentation = "IMAGE_ID: which image this is.",
     .is_own = true},
    {.name = "imageVersion",
     .type = &k_release_word_type,
     .documentation = "IMAGE_VERSION: which version of the image.",
     .is_own = true},
};
constexpr Type k_identity_type{
    .shape = Shape::mapping, .title = "what the image calls itself", .keys = k_identity_keys};

constexpr Key k_kernel_keys[] = {
    {.name = "package",
     .type = &k_package_type,
     .documentation =
         "The kernel package. Of several kernels in an image, its own is booted by default.",
     .default_text = "the release's",
     .is_own = true},
    {.name = "series",
     .type = &k_series_type,
     .documentation = "Series that the kernel must have, in the package set and in the image.",
     .default_text = "the release's baseline",
     .is_own = true},
};
constexpr Type k_kernel_type{.shape = Shape::mapping, .title = "the kernel", .keys = k_kernel_keys};

constexpr Word k_cgroup_words[] = {
    word("v1", CgroupVersion::v1, "separate hierarchies for controllers"),
    word("v2", CgroupVersion::v2, "the unified hierarchy"),
};
constexpr Type k_cgroup_word_type{.shape = Shape::word, .words = k_cgroup_words};
constexpr Key k_cgroup_keys[] = {
    {.name = "version",
     .type = &k_cgroup_word_type,
     .documentation = "Version of the control group hierarchy.",
     .default_text = "the release's",
     .is_own = true},
};
constexpr Type k_cgroup_type{
    .shape = Shape::mapping, .title = "control groups", .keys = k_cgroup_keys};

constexpr Word k_fips_words[] = {
    word("enabled", FipsMode::enabled, "kernel and libraries run in FIPS mode"),
    word("disabled", FipsMode::disabled, "they do not"),
};
constexpr Type k_fips_word_type{.shape = Shape::word, .words = k_fips_words};
constexpr Key k_fips_keys[] = {
    {.name = "mode",
     .type = &k_fips_word_type,
     .documentation = "FIPS mode.",
     .default_text = "disabled",
     .is_own = true},
};
constexpr Type k_fips_type{.shape = Shape::mapping, .title = "FIPS", .keys = k_fips_keys};

constexpr Word k_selinux_words[] = {
    word("disabled", SelinuxMode::disabled, "off"),
    word("permissive", SelinuxMode::permissive, "logs what it would deny"),
    word("enforcing", SelinuxMode::enforcing,
         "denies; an administrator can still switch it off at boot"),
    word("force-enforcing", SelinuxMode::force_enforcing,
         "denies, also said on the kernel command line"),
};
constexpr Type k_selinux_word_type{
    .shape = Shape::word, .words = k_selinux_words, .empty_text = EmptyText::means_not_given};
constexpr Key k_selinux_keys[] = {
    {.name = "mode",
     .type = &k_selinux_word_type,
     .documentation = "SELinux mode.",
     .default_text = "as the packages have it"},
};
constexpr Type k_selinux_type{.shape = Shape::mapping, .title = "SELinux", .keys = k_selinux_keys};

constexpr Word k_machine_id_words[] = {
    word("first-boot", MachineIdMode::first_boot,
         "empty in the image; made at the first boot, for which units with "
         "`ConditionFirstBoot=yes` do not run and presets are not applied"),
    word("uninitialized", MachineIdMode::uninitialized,
         "likewise, and for systemd it is a first boot: such units run, presets are applied"),
    word("keep", MachineIdMode::keep, "stays as the packages leave it"),
};
constexpr Type k_machine_id_word_type{.shape = Shape::word, .words = k_machine_id_words};
constexpr Key k_machine_id_keys[] = {
    {.name = "mode",
     .type = &k_machine_id_word_type,
     .documentation = "What becomes of /etc/machine-id.",
     .default_text = "first-boot",
     .is_own = true},
};
constexpr Type k_machine_id_type{
    .shape = Shape::mapping, .title = "the machine id", .keys = k_machine_id_keys};

constexpr Type k_mount_path_list_type{.shape = Shape::list, .item = &k_mount_path_type};
constexpr Key k_overlay_keys[] = {
    {.name = "lowerDirs",
     .type = &k_mount_path_list_type,
     .documentation = "Directories below, the topmost first.",
     .since = "0.6"},
    {.name = "upperDir",
     .type = &k_mount_path_type,
     .documentation = "Directory for changes.",
     .presence = Presence::required},
    {.name = "workDir",
     .type = &k_mount_path_type,
     .documentation = "Scratch directory beside `upperDir`.",
     .presence = Presence::required},
    {.name = "mountPoint",
     .type = &k_mount_path_type,
     .documentation = "Where it is mounted.",
     .presence = Presence::required,
     .since = "0.6"},
    {.name = "isInitrdOverlay",
     .type = &k_boolean_type,
     .documentation = "Mounted in the initramfs already.",
     .default_text = "false"},
    {.name = "mountDependencies",
     .type = &k_mount_path_list_type,
     .documentation = "Mounts that must be there before."},
    {.name = "mountOptions",
     .type = &k_mount_options_type,
     .documentation = "Further mount options."},
    {.name = "isRootfsOverlay",
     .type = &k_boolean_type,
     .documentation = "Old name of `isInitrdOverlay`.",
     .current_spelling = "isInitrdOverlay"},
    {.name = "lowerDir",
     .type = &k_mount_path_type,
     .documentation = "Old form of `lowerDirs`.",
     .current_spelling = "lowerDirs"},
    {.name = "partition",
     .type = &k_text_type,
     .removed_hint =
         "mount the partition with storage.filesystems, and name it in mountDependencies"},
};
constexpr Type k_overlay_mapping{
    .shape = Shape::mapping, .title = "an overlay", .keys = k_overlay_keys};
constexpr Type k_overlays_type{.shape = Shape::list, .item = &k_overlay_mapping};

constexpr Word k_hard_reset_words[] = {{"hard-reset", 0, "the boot loader is set up anew"}};
constexpr Type k_hard_reset_type{
    .shape = Shape::word, .words = k_hard_reset_words, .empty_text = EmptyText::means_not_given};
constexpr Key k_bootloader_keys[] = {
    {.name = "resetType",
     .type = &k_hard_reset_type,
     .documentation = "Needed with `storage.resetPartitionsUuidsType`, and with `storage.disks` "
                      "unless `type` is given.",
     .since = "0.8"},
    {.name = "type",
     .type = &k_plain_word_type,
     .documentation = "Which of the release's boot loaders: `grub` or `systemd-boot`.",
     .default_text = "the release's default; systemd-boot for unified kernel images",
     .is_own = true},
};
constexpr Type k_bootloader_type{
    .shape = Shape::mapping, .title = "the boot loader", .keys = k_bootloader_keys};

constexpr Word k_uki_words[] = {
    word("create", UkiMode::create, "kernel, initramfs and stub become one EFI program"),
    word("passthrough", UkiMode::passthrough,
         "those of the base image, or of packages, stay as they are"),
    word("modify", UkiMode::modify, "only their command line changes"),
};
constexpr Type k_uki_word_type{
    .shape = Shape::word, .words = k_uki_words, .empty_text = EmptyText::means_not_given};
constexpr Word k_old_kernels_words[] = {{"auto", 0, "all kernels"}};
constexpr Type k_old_kernels_type{.shape = Shape::word, .words = k_old_kernels_words};
constexpr Key k_uki_keys[] = {
    {.name = "mode",
     .type = &k_uki_word_type,
     .documentation = "What becomes of unified kernel images.",
     .since = "1.2"},
    {.name = "kernels",
     .type = &k_old_kernels_type,
     .documentation = "`auto` meant `mode: create`.",
     .current_spelling = "mode: create"},
};
constexpr Type k_uki_type{
    .shape = Shape::mapping, .title = "unified kernel images", .keys = k_uki_keys};

constexpr Word k_history_words[] = {
    word("none", ImageHistory::none, "no record of the config is put into the image")};
constexpr Type k_history_type{
    .shape = Shape::word, .words = k_history_words, .empty_text = EmptyText::means_not_given};

constexpr Type k_sysctl_type{.shape = Shape::map,
                             .item = &k_non_blank_type,
                             .map_key_check = check_sysctl_key,
                             .map_key_pattern = "^(?!\\.)[A-Za-z0-9._/*:-]*[A-Za-z0-9_/*:-]$"};
constexpr Type k_seconds_type{.shape = Shape::integer,
                              .title = "a number of seconds from 1 to 86400",
                              .minimum = 1,
                              .maximum = 86400};
constexpr Key k_scriptlets_keys[] = {
    {.name = "allowFailure",
     .type = &k_package_list_items_type,
     .documentation = "Packages whose scriptlets may fail.",
     .is_own = true},
    {.name = "timeout",
     .type = &k_seconds_type,
     .documentation = "Seconds that one scriptlet may take.",
     .is_own = true},
};
constexpr Type k_scriptlets_type{
    .shape = Shape::mapping, .title = "scriptlets", .keys = k_scriptlets_keys};

constexpr Type k_old_extra_command_line_type{
    .shape = Shape::text, .title = "a text", .current_form = "a list of texts"};
constexpr Type k_extra_command_line_forms{
    .shape = Shape::list, .item = &k_non_blank_type, .other_form = &k_old_extra_command_line_type};
constexpr Key k_kernel_command_line_keys[] = {
    {.name = "extraCommandLine",
     .type = &k_extra_command_line_forms,
     .documentation = "Arguments added to the kernel command line, as they are written and in "
                      "this order. Blanks within double quotes belong to an argument."},
};
// Of the release only an installed system has arguments.
constexpr Key k_os_kernel_command_line_keys[] = {
    k_kernel_command_line_keys[0],
    {.name = "remove",
     .type = &k_non_blank_list_type,
     .documentation = "Arguments of the release and its platform that are left out: `quiet`, "
                      "`console=tty0`, or a name without a value for every argument with it.",
     .is_own = true},
};
constexpr Type k_os_kernel_command_line_type{.shape = Shape::mapping,
                                             .title = "a kernel command line",
                                             .keys = k_os_kernel_command_line_keys};

constexpr Key k_os_keys[] = {
    {.name = "hostname", .type = &k_hostname_type, .documentation = "Host name."},
    {.name = "locale", .type = &k_locale_type, .documentation = "LANG.", .is_own = true},
    {.name = "timezone",
     .type = &k_timezone_type,
     .documentation = "Time zone.",
     .default_text = "UTC",
     .is_own = true},
    {.name = "keymap",
     .type = &k_plain_word_type,
     .documentation = "Keyboard of the console.",
     .is_own = true},
    {.name = "identity",
     .type = &k_identity_type,
     .documentation = "What os-release(5) says of the image.",
     .default_text = "as the packages have it",
     .is_own = true},
    {.name = "packages", .type = &k_packages_type, .documentation = "What is installed."},
    {.name = "kernel", .type = &k_kernel_type, .documentation = "Which kernel.", .is_own = true},
    {.name = "cgroup", .type = &k_cgroup_type, .documentation = "Control groups.", .is_own = true},
    {.name = "fips", .type = &k_fips_type, .documentation = "FIPS.", .is_own = true},
    {.name = "selinux", .type = &k_selinux_type, .documentation = "SELinux."},
    {.name = "machineId",
     .type = &k_machine_id_type,
     .documentation = "Machine id.",
     .is_own = true},
    {.name = "kernelCommandLine",
     .type = &k_os_kernel_command_line_type,
     .documentation = "Kernel command line."},
    {.name = "additionalFiles",
     .type = &k_additional_files_type,
     .documentation =
         "Files put into the image. They come after the packages and after what this "
         "config sets, and settings of boot loaders (`loader.conf`, `/etc/default/grub`, "
         "`/etc/kernel/*`) stay as they are given, and the image's own menus have their kernel "
         "arguments; menus, programs and initramfs are "
         "refused, as is everything below `/tmp`, `/var/tmp`, `/run`, `/dev`, `/proc` "
         "and `/sys`."},
    {.name = "additionalDirs",
     .type = &k_additional_directories_type,
     .documentation = "Directories put into the image, with the same rules."},
    {.name = "edits",
     .type = &k_edits_type,
     .documentation =
         "Edits of what is in the image already: lines, permissions, owners, links, removal and "
         "empty directories. They come after `additionalFiles` and `additionalDirs`.",
     .is_own = true},
    {.name = "groups", .type = &k_groups_type, .documentation = "Groups.", .since = "0.16"},
    {.name = "users", .type = &k_users_type, .documentation = "Users."},
    {.name = "services",
     .type = &k_services_type,
     .documentation = "systemd units. An image whose first boot applies presets has one for "
                      "what is enabled and disabled here."},
    {.name = "modules",
     .type = &k_modules_type,
     .documentation = "Kernel modules.",
     .also_called = "kernelModules"},
    {.name = "overlays", .type = &k_overlays_type, .documentation = "Overlay mounts."},
    {.name = "containerImages",
     .type = &k_container_images_type,
     .documentation = "Container images that containerd has before its first start.",
     .is_own = true},
    {.name = "network",
     .type = &k_network_type,
     .documentation = "The network, for the program that sets it up in this release.",
     .default_text = "the platform's, else as the packages have it",
     .is_own = true},
    {.name = "sysctl",
     .type = &k_sysctl_type,
     .documentation = "Kernel parameters set at boot.",
     .is_own = true},
    {.name = "scriptlets",
     .type = &k_scriptlets_type,
     .documentation = "How packages' scriptlets run.",
     .is_own = true},
    {.name = "bootloader",
     .type = &k_bootloader_type,
     .documentation = "Boot loader.",
     .since = "0.8"},
    {.name = "uki",
     .type = &k_uki_type,
     .documentation = "Unified kernel images.",
     .preview = "uki",
     .since = "0.8"},
    {.name = "imageHistory",
     .type = &k_history_type,
     .documentation = "Record of the config in the image.",
     .default_text = "written",
     .since = "0.8"},
    {.name = "resetBootLoaderType",
     .type = &k_hard_reset_type,
     .documentation = "Old place of `bootloader.resetType`.",
     .current_spelling = "os.bootloader.resetType"},
    {.name = "verity",
     .type = &k_text_type,
     .removed_hint = "describe the device under storage.verity"},
};

} // namespace

constinit const Type k_kernel_command_line_type{
    .shape = Shape::mapping, .title = "a kernel command line", .keys = k_kernel_command_line_keys};
constinit const Type k_os_type{.shape = Shape::mapping, .title = "os", .keys = k_os_keys};

} // namespace imagewright::config
