// SPDX-License-Identifier: MIT
#include "config/bind/bind.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

std::optional<model::MountPointConfig> bind_mount_point(const Reader& owner) {
  if (const auto short_form = owner.text("mountPoint")) {
    return model::MountPointConfig{.path = short_form->text, .where = short_form->where};
  }
  const auto reader = owner.mapping("mountPoint");
  if (!reader) return std::nullopt;
  return model::MountPointConfig{.path = reader->text_or("path", ""),
                                 .identifier = reader->word<model::MountIdentifier>("idType"),
                                 .options = reader->text_or("options", ""),
                                 .where = reader->where()};
}

model::PartitionConfig bind_partition(const Reader& reader) {
  model::PartitionConfig partition;
  partition.id = reader.text_or("id", "");
  partition.label = reader.text("label").value_or(model::LocatedText{"", reader.where()});
  partition.start = reader.size("start");
  partition.end = reader.size("end");
  partition.size = reader.size("size");
  partition.grows = !partition.end && !partition.size;
  partition.where = reader.where();
  if (const auto type = reader.text("type")) {
    const auto kind = parse_partition_kind(type->text);
    partition.kind = kind.value_or(model::PartitionKind::other);
    if (!kind) partition.other_type = base::Uuid::parse(type->text);
  }
  return partition;
}

std::optional<model::DiskConfig> bind_disk(const Reader& storage) {
  const std::vector<Reader> disks = storage.mappings("disks");
  if (disks.empty()) return std::nullopt;
  model::DiskConfig disk;
  disk.max_size = disks[0].size("maxSize");
  disk.where = disks[0].where();
  for (const Reader& partition : disks[0].mappings("partitions"))
    disk.partitions.push_back(bind_partition(partition));
  return disk;
}

model::BtrfsSubvolume bind_subvolume(const Reader& reader) {
  model::BtrfsSubvolume subvolume{.path = reader.text_or("path", ""),
                                  .mount_point = bind_mount_point(reader),
                                  .where = reader.where()};
  if (const auto quota = reader.mapping("quota")) {
    if (const auto limit = quota->size("referencedLimit"))
      subvolume.referenced_limit = limit->value;
    if (const auto limit = quota->size("exclusiveLimit")) subvolume.exclusive_limit = limit->value;
  }
  return subvolume;
}

model::FilesystemConfig bind_filesystem(const Reader& reader) {
  model::FilesystemConfig filesystem;
  filesystem.device_id = reader.text("deviceId").value_or(model::LocatedText{"", reader.where()});
  filesystem.type = reader.word<model::FilesystemType>("type");
  filesystem.mount_point = bind_mount_point(reader);
  filesystem.where = reader.where();
  if (const auto btrfs = reader.mapping("btrfs")) {
    for (const Reader& each : btrfs->mappings("subvolumes"))
      filesystem.subvolumes.push_back(bind_subvolume(each));
  }
  return filesystem;
}

std::optional<model::ExistingPartition> bind_existing(const Reader& owner, std::string_view name) {
  const auto reader = owner.mapping(name);
  if (!reader) return std::nullopt;
  return model::ExistingPartition{.label = reader->text_or("id", ""), .where = reader->where()};
}

template <typename Value>
std::optional<Value> without_place(const std::optional<model::Located<Value>>& located) {
  return located ? std::optional<Value>(located->value) : std::nullopt;
}

/// A text that counts as missing when it is empty.
std::optional<model::LocatedText> bind_reference(const Reader& reader, std::string_view name) {
  auto text = reader.text(name);
  return text && text->text.empty() ? std::nullopt : text;
}

model::VerityConfig bind_verity(const Reader& reader) {
  model::VerityConfig verity;
  verity.id = reader.text_or("id", "");
  verity.name = reader.text("name").value_or(model::LocatedText{"", reader.where()});
  verity.data_device_id = bind_reference(reader, "dataDeviceId");
  verity.hash_device_id = bind_reference(reader, "hashDeviceId");
  verity.data_device = bind_existing(reader, "dataDevice");
  verity.hash_device = bind_existing(reader, "hashDevice");
  verity.data_device_identifier =
      without_place(reader.word<model::MountIdentifier>("dataDeviceMountIdType"));
  verity.hash_device_identifier =
      without_place(reader.word<model::MountIdentifier>("hashDeviceMountIdType"));
  if (const auto option = reader.word<model::VerityCorruption>("corruptionOption"))
    verity.corruption = option->value;
  verity.hash_signature_path = reader.text("hashSignaturePath");
  verity.where = reader.where();
  return verity;
}

} // namespace

model::StorageConfig bind_storage(const Reader& reader) {
  model::StorageConfig storage;
  storage.where = reader.where();
  storage.boot_type = reader.word<model::BootType>("bootType");
  if (const yaml::Node* reset = reader.find_value("resetPartitionsUuidsType"))
    storage.reset_partition_uuids = reset->where;
  storage.reinitialize_verity = reader.word<model::ReinitializeVerity>("reinitializeVerity");
  storage.disk = bind_disk(reader);
  for (const std::string_view name : {"filesystems", "fileSystems"}) {
    for (const Reader& each : reader.mappings(name))
      storage.filesystems.push_back(bind_filesystem(each));
  }
  for (const Reader& each : reader.mappings("verity"))
    storage.verity.push_back(bind_verity(each));
  for (const Reader& each : reader.mappings("grow")) {
    const auto size = each.size("size");
    storage.grow.push_back(
        {.label = each.text("label").value_or(model::LocatedText{"", each.where()}),
         .size = size ? size->value : base::ByteSize(),
         .where = each.where()});
  }
  storage.fits_content = reader.is_true("autoSize");
  if (const auto free_space = reader.size("freeSpace")) storage.free_space = free_space->value;
  return storage;
}

} // namespace imagewright::config
