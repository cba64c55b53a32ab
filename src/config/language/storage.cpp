// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/model/storage_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::BootType;
using model::MountIdentifier;
using model::PartitionKind;
using model::ReinitializeVerity;
using model::VerityCorruption;

constexpr Word k_boot_type_words[] = {
    word("efi", BootType::efi, "UEFI; needs an `esp` partition"),
    word("legacy", BootType::legacy, "BIOS; needs a `bios-grub` partition; x86_64 only"),
};
constexpr Type k_boot_type{
    .shape = Shape::word, .words = k_boot_type_words, .empty_text = EmptyText::means_not_given};

constexpr Word k_reset_words[] = {
    {"reset-all", 0, "every partition and filesystem gets a new identifier"}};
constexpr Type k_reset_type{
    .shape = Shape::word, .words = k_reset_words, .empty_text = EmptyText::means_not_given};

constexpr Word k_reinitialize_words[] = {
    word("none", ReinitializeVerity::none, "verity devices of the base image stay as they are"),
    word("all", ReinitializeVerity::all, "their hashes are computed again"),
};
constexpr Type k_reinitialize_type{
    .shape = Shape::word, .words = k_reinitialize_words, .empty_text = EmptyText::means_not_given};

constexpr Word k_table_words[] = {{"gpt", 0, "GUID partition table"}};
constexpr Type k_table_type{.shape = Shape::word, .words = k_table_words};

constexpr Word k_partition_type_words[] = {
    word("esp", PartitionKind::esp, "EFI system partition"),
    word("bios-grub", PartitionKind::bios_grub, "room for GRUB's BIOS core; starts at 1M"),
    word("home", PartitionKind::home, "/home"),
    word("linux-generic", PartitionKind::linux_generic, "any Linux data"),
    word("root", PartitionKind::root, "/ of the image's architecture"),
    word("root-verity", PartitionKind::root_verity, "verity hashes of /"),
    word("srv", PartitionKind::srv, "/srv"),
    word("swap", PartitionKind::swap, "swap"),
    word("tmp", PartitionKind::tmp, "/var/tmp"),
    word("usr", PartitionKind::usr, "/usr of the image's architecture"),
    word("usr-verity", PartitionKind::usr_verity, "verity hashes of /usr"),
    word("var", PartitionKind::var, "/var"),
    word("xbootldr", PartitionKind::xbootldr, "extended boot loader partition, /boot"),
};
constexpr Type k_partition_type{.shape = Shape::text,
                                .title = "a partition type word, or a GPT type UUID",
                                .check = check_partition_type,
                                .pattern =
                                    "^(?!0{8}-0{4}-0{4}-0{4}-0{12}$)[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-"
                                    "[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
                                .words = k_partition_type_words,
                                .empty_text = EmptyText::means_not_given};

constexpr Type k_label_type{.shape = Shape::text,
                            .title = "at most 35 ASCII characters",
                            .check = check_partition_label,
                            .pattern = "^[ -~]{0,35}$"};
constexpr Type k_partition_size_type{
    .shape = Shape::text,
    .title = "a size in whole MiB, or \"grow\"",
    .check = check_partition_size,
    .pattern = "^([1-9][0-9]{2,11}[02468]K|[1-9][0-9]{0,9}M|[1-9][0-9]{0,6}G|"
               "[1-9][0-9]{0,3}T|grow)$",
    .example = "grow",
    .empty_text = EmptyText::means_not_given};

constexpr Key k_partition_keys[] = {
    {.name = "id",
     .type = &k_text_type,
     .documentation = "A name by which filesystems and verity devices refer to it."},
    {.name = "label",
     .type = &k_label_type,
     .documentation = "GPT partition name.",
     .default_text = "empty"},
    {.name = "start",
     .type = &k_room_type,
     .documentation = "Offset on the disk.",
     .default_text = "1M for the first partition, else the end of the one before"},
    {.name = "end",
     .type = &k_room_type,
     .documentation = "Where it ends (exclusive). Excludes `size`."},
    {.name = "size",
     .type = &k_partition_size_type,
     .documentation =
         "Its size, or `grow` for the rest of the disk (last partition only). Excludes `end`.",
     .default_text = "grow, for the last partition"},
    {.name = "type",
     .type = &k_partition_type,
     .documentation = "What it is for.",
     .default_text = "linux-generic"},
};
constexpr std::string_view k_partition_mapping_choice[] = {"end", "size"};
constexpr Type k_partition_mapping{
    .shape = Shape::mapping,
    .title = "a partition",
    .keys = k_partition_keys,
    .choice = Choice{ChoiceCount::at_most_one, k_partition_mapping_choice}};
constexpr Type k_partitions_type{.shape = Shape::list, .item = &k_partition_mapping};

constexpr Key k_disk_keys[] = {
    {.name = "partitionTableType",
     .type = &k_table_type,
     .documentation = "Kind of partition table.",
     .presence = Presence::required},
    {.name = "maxSize",
     .type = &k_room_type,
     .documentation = "Size of the disk.",
     .default_text = "the end of the last partition and 1M",
     .also_called = "size"},
    {.name = "partitions",
     .type = &k_partitions_type,
     .documentation = "Partitions in disk order."},
};
constexpr Type k_disk_mapping{.shape = Shape::mapping, .title = "a disk", .keys = k_disk_keys};
constexpr Type k_disks_type{.shape = Shape::list,
                            .item = &k_disk_mapping,
                            .maximum_items = 1,
                            .too_many_items_hint = "an image has one disk; remove the others"};

constexpr Word k_identifier_words[] = {
    word("uuid", MountIdentifier::uuid, "by filesystem UUID"),
    word("part-uuid", MountIdentifier::part_uuid, "by partition UUID"),
    word("part-label", MountIdentifier::part_label, "by partition label"),
};

constexpr Key k_mount_point_keys[] = {
    {.name = "path",
     .type = &k_filesystem_path_type,
     .documentation = "Where it is mounted.",
     .presence = Presence::required},
    {.name = "idType",
     .type = &k_identifier_type,
     .documentation = "How /etc/fstab names the filesystem.",
     .default_text = "part-uuid"},
    {.name = "options",
     .type = &k_mount_options_type,
     .documentation = "Mount options.",
     .default_text = "defaults"},
};

constexpr Key k_quota_keys[] = {
    {.name = "referencedLimit",
     .type = &k_room_type,
     .documentation = "Limit of the referenced data."},
    {.name = "exclusiveLimit",
     .type = &k_room_type,
     .documentation = "Limit of the data that it shares with nobody."},
};
constexpr Type k_quota_type{.shape = Shape::mapping, .title = "quota", .keys = k_quota_keys};

constexpr Type k_subvolume_path_type{.shape = Shape::text,
                                     .title = "a relative path without \".\" and \"..\"",
                                     .check = check_subvolume_path,
                                     .pattern =
                                         "^(?!\\.{1,2}(/|$))[^/]+(/(?!\\.{1,2}(/|$))[^/]+)*$",
                                     .example = "home",
                                     .form = TextForm::as_written};
constexpr Key k_subvolume_keys[] = {
    {.name = "path",
     .type = &k_subvolume_path_type,
     .documentation = "Path below the top of the filesystem.",
     .presence = Presence::required},
    {.name = "mountPoint", .type = &k_mount_point_type, .documentation = "Where it is mounted."},
    {.name = "quota", .type = &k_quota_type, .documentation = "Limits."},
};
constexpr Type k_subvolume_mapping{
    .shape = Shape::mapping, .title = "a subvolume", .keys = k_subvolume_keys};
constexpr Type k_subvolumes_type{.shape = Shape::list, .item = &k_subvolume_mapping};
constexpr Key k_btrfs_keys[] = {
    {.name = "subvolumes", .type = &k_subvolumes_type, .documentation = "Subvolumes to make."},
};
constexpr Type k_btrfs_type{
    .shape = Shape::mapping, .title = "btrfs settings", .keys = k_btrfs_keys};

/// Every row of the model's table that can be written, and the other word of FAT32.
constexpr std::size_t k_filesystem_word_count = [] {
  std::size_t count = 0;
  for (const model::FilesystemRow& row : model::k_filesystem_types)
    count += (row.word.empty() ? 0U : 1U) + (row.other_word.empty() ? 0U : 1U);
  return count;
}();
constexpr auto k_filesystem_words = [] {
  std::array<Word, k_filesystem_word_count> words{};
  std::size_t count = 0;
  for (const model::FilesystemRow& row : model::k_filesystem_types) {
    if (!row.word.empty()) words[count++] = word(row.word, row.type, row.title);
    if (!row.other_word.empty()) words[count++] = word(row.other_word, row.type, row.other_title);
  }
  return words;
}();
constexpr Type k_filesystem_type{
    .shape = Shape::word, .words = k_filesystem_words, .empty_text = EmptyText::means_not_given};
constexpr Key k_filesystem_keys[] = {
    {.name = "deviceId",
     .type = &k_non_blank_type,
     .documentation = "The `id` of a partition or of a verity device.",
     .presence = Presence::required},
    {.name = "type",
     .type = &k_filesystem_type,
     .documentation = "Kind of filesystem.",
     .default_text = "none is made"},
    {.name = "mountPoint",
     .type = &k_mount_point_type,
     .documentation = "Where it is mounted.",
     .default_text = "not mounted",
     .also_called = "mount mountpoint mountPath path"},
    {.name = "btrfs",
     .type = &k_btrfs_type,
     .documentation = "Settings for btrfs.",
     .since = "1.2"},
};
constexpr Type k_filesystem_mapping{
    .shape = Shape::mapping, .title = "a filesystem", .keys = k_filesystem_keys};
constexpr Type k_filesystems_type{.shape = Shape::list, .item = &k_filesystem_mapping};

constexpr Word k_device_id_words[] = {
    word("part-label", MountIdentifier::part_label, "by partition label")};
constexpr Type k_device_id_type{.shape = Shape::word, .words = k_device_id_words};
constexpr Key k_existing_device_keys[] = {
    {.name = "idType",
     .type = &k_device_id_type,
     .documentation = "How it is found.",
     .presence = Presence::required},
    {.name = "id",
     .type = &k_non_blank_type,
     .documentation = "Its label.",
     .presence = Presence::required},
};
constexpr Type k_existing_device_type{.shape = Shape::mapping,
                                      .title = "a partition of the base image",
                                      .keys = k_existing_device_keys};

constexpr Word k_corruption_words[] = {
    word("io-error", VerityCorruption::io_error, "reading fails"),
    word("ignore", VerityCorruption::ignore, "reading goes on"),
    word("panic", VerityCorruption::panic, "the kernel panics"),
    word("restart", VerityCorruption::restart, "the machine restarts"),
};
constexpr Type k_corruption_type{
    .shape = Shape::word, .words = k_corruption_words, .empty_text = EmptyText::means_not_given};
constexpr Type k_verity_name_type{.shape = Shape::text,
                                  .title = "\"root\" or \"usr\"",
                                  .check = check_verity_name,
                                  .pattern = "^(root|usr)$",
                                  .example = "root"};
constexpr Type k_signature_path_type{.shape = Shape::text,
                                     .title = "an absolute path under /boot",
                                     .check = check_hash_signature_path,
                                     .pattern = "^/boot(/(?!\\.{1,2}(/|$))[^/\\s:,]+)+$",
                                     .example = "/boot/root.hash.sig",
                                     .empty_text = EmptyText::means_not_given};
constexpr Key k_verity_keys[] = {
    {.name = "id",
     .type = &k_non_blank_type,
     .documentation = "A name by which a filesystem refers to it.",
     .presence = Presence::required},
    {.name = "name",
     .type = &k_verity_name_type,
     .documentation = "`root` for `/`, `usr` for `/usr`.",
     .presence = Presence::required},
    {.name = "dataDeviceId",
     .type = &k_text_type,
     .documentation = "Partition of this config with the data."},
    {.name = "hashDeviceId",
     .type = &k_text_type,
     .documentation = "Partition of this config with the hashes; the same as `dataDeviceId` puts "
                      "them after the data."},
    {.name = "dataDevice",
     .type = &k_existing_device_type,
     .documentation = "Partition of the base image with the data."},
    {.name = "hashDevice",
     .type = &k_existing_device_type,
     .documentation = "Partition of the base image with the hashes."},
    {.name = "dataDeviceMountIdType",
     .type = &k_identifier_type,
     .documentation = "How the kernel command line names the data.",
     .default_text = "part-uuid"},
    {.name = "hashDeviceMountIdType",
     .type = &k_identifier_type,
     .documentation = "How the kernel command line names the hashes.",
     .default_text = "part-uuid"},
    {.name = "corruptionOption",
     .type = &k_corruption_type,
     .documentation = "What happens when data does not match its hash.",
     .default_text = "io-error"},
    {.name = "hashSignaturePath",
     .type = &k_signature_path_type,
     .documentation = "Signature of the root hash in the image.",
     .preview = "output-artifacts",
     .since = "0.16"},
};
constexpr Type k_verity_mapping{
    .shape = Shape::mapping, .title = "a verity device", .keys = k_verity_keys};
constexpr Type k_verity_type{.shape = Shape::list, .item = &k_verity_mapping};

constexpr Key k_grow_keys[] = {
    {.name = "label",
     .type = &k_non_blank_type,
     .documentation = "GPT label of the partition.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "size",
     .type = &k_room_type,
     .documentation = "Its new size.",
     .presence = Presence::required,
     .is_own = true},
};
constexpr Type k_grow_mapping{
    .shape = Shape::mapping, .title = "a partition that grows", .keys = k_grow_keys};
constexpr Type k_grow_type{.shape = Shape::list, .item = &k_grow_mapping};

constexpr Key k_storage_keys[] = {
    {.name = "bootType",
     .type = &k_boot_type,
     .documentation = "How the firmware starts the image. Needs `disks`."},
    {.name = "resetPartitionsUuidsType",
     .type = &k_reset_type,
     .documentation = "Gives the partitions of a base image new identifiers. Excludes `disks`."},
    {.name = "reinitializeVerity",
     .type = &k_reinitialize_type,
     .documentation = "What becomes of the verity devices of a base image.",
     .preview = "reinitialize-verity",
     .since = "0.17"},
    {.name = "disks",
     .type = &k_disks_type,
     .documentation = "The disk, at most one.",
     .default_text = "the release's layout"},
    {.name = "filesystems",
     .type = &k_filesystems_type,
     .documentation = "What stands on the partitions."},
    {.name = "verity",
     .type = &k_verity_type,
     .documentation = "dm-verity devices.",
     .since = "0.7"},
    {.name = "grow",
     .type = &k_grow_type,
     .documentation = "Partitions of a base image that become larger, with their ext4 filesystem. "
                      "What is behind them moves, and the disk grows. Excludes `disks`.",
     .is_own = true},
    {.name = "autoSize",
     .type = &k_boolean_type,
     .documentation = "Fits the last partition to its content and `freeSpace`.",
     .default_text = "false",
     .is_own = true},
    {.name = "freeSpace",
     .type = &k_disk_size_type,
     .documentation = "Room that `autoSize` leaves on the last partition.",
     .default_text = "0M",
     .is_own = true},
    {.name = "fileSystems",
     .type = &k_filesystems_type,
     .documentation = "Old name of `filesystems`.",
     .current_spelling = "storage.filesystems"},
};

} // namespace

constinit const Type k_identifier_type{
    .shape = Shape::word, .words = k_identifier_words, .empty_text = EmptyText::means_not_given};
// A path alone stands for a mount point with nothing else in it.
constinit const Type k_mount_point_type{.shape = Shape::mapping,
                                        .title = "a mount point",
                                        .keys = k_mount_point_keys,
                                        .other_form = &k_filesystem_path_type};
constinit const Type k_storage_type{
    .shape = Shape::mapping, .title = "storage", .keys = k_storage_keys};

} // namespace imagewright::config
