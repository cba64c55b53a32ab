// SPDX-License-Identifier: MIT
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/partition_type.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/plan/layout.hpp>

namespace imagewright::plan {

namespace {

using base::ByteSize;

/// Where the first partition starts, and the room behind the last for the backup partition table.
constexpr ByteSize k_alignment = ByteSize::mib(1);
/// A partition that grows with its content needs some size until that is known.
constexpr ByteSize k_provisional_size = ByteSize::gib(4);

std::string option_of(model::VerityCorruption corruption) {
  switch (corruption) {
  case model::VerityCorruption::io_error:
    return {};
  case model::VerityCorruption::ignore:
    return "ignore-corruption";
  case model::VerityCorruption::panic:
    return "panic-on-corruption";
  case model::VerityCorruption::restart:
    return "restart-on-corruption";
  }
  return {};
}

class LayoutMaker {
public:
  LayoutMaker(const model::StorageConfig& storage, const LayoutFacts& facts)
      : storage_(storage), facts_(facts) {}

  model::DiskLayout make() {
    if (!storage_.disk || storage_.disk->partitions.empty()) {
      fail("layout.no-disk", "no partitions are described", storage_.where,
           "add storage.disks with at least an esp and a root partition");
    }
    model::DiskLayout layout{.uuid = uuid("disk")};
    ByteSize position = k_alignment;
    for (const model::PartitionConfig& wish : storage_.disk->partitions) {
      model::Partition partition = place(wish, position);
      position = partition.start + partition.size;
      layout.partitions.push_back(std::move(partition));
    }
    for (const model::VerityConfig& wish : storage_.verity) {
      model::VerityDevice device = verity_device(wish);
      if (model::is_inline(device)) add_place_of_hashes(layout, device);
      layout.verity.push_back(std::move(device));
    }
    layout.size = storage_.disk->max_size && !storage_.fits_content ? storage_.disk->max_size->value
                                                                    : position + k_alignment;
    if (position + k_alignment > layout.size) {
      fail("layout.disk-too-small",
           fmt::format("the partitions end at {}, which leaves no room for the backup partition "
                       "table on a disk of {}",
                       base::to_string(position), base::to_string(layout.size)),
           storage_.disk->where, "raise maxSize or shrink a partition");
    }
    return layout;
  }

private:
  [[noreturn]] static void fail(std::string code, std::string message,
                                const base::SourceLocation& where, std::string hint) {
    base::Diagnostics diagnostics;
    diagnostics.error(std::move(code), std::move(message), where, std::move(hint));
    throw base::InputError(std::move(diagnostics));
  }

  base::Uuid uuid(const std::string& name) const {
    return base::Uuid::from_name(facts_.seed, name);
  }

  model::Partition place(const model::PartitionConfig& wish, ByteSize position) const {
    const std::string name =
        wish.id.empty() ? fmt::format("partition at {}", position.bytes()) : wish.id;
    const ByteSize start = wish.start ? wish.start->value : position;
    const ByteSize size = size_of(wish, start);
    if (start < position || size == ByteSize()) {
      fail("layout.partition-overlap",
           fmt::format("partition {} does not fit behind the one before it", base::quoted(name)),
           wish.where, "list partitions in disk order and leave room between start and end");
    }
    return {.id = wish.id,
            .label = wish.label.text,
            .type = wish.other_type ? *wish.other_type
                                    : model::partition_type(wish.kind, facts_.architecture),
            .uuid = uuid("partition " + name),
            .start = start,
            .size = size,
            .filesystem = filesystem_on(wish)};
  }

  ByteSize size_of(const model::PartitionConfig& wish, ByteSize start) const {
    if (wish.size) return wish.size->value;
    if (wish.end) return wish.end->value > start ? wish.end->value - start : ByteSize();
    if (storage_.fits_content || !storage_.disk->max_size) return k_provisional_size;
    const ByteSize end = storage_.disk->max_size->value;
    return end > start + k_alignment ? end - start - k_alignment : ByteSize();
  }

  std::optional<model::Filesystem> filesystem_on(const model::PartitionConfig& partition) const {
    if (partition.kind == model::PartitionKind::swap) {
      return model::Filesystem{.type = model::FilesystemType::swap,
                               .uuid = uuid("filesystem " + partition.id),
                               .label = {},
                               .identifier = model::MountIdentifier::part_uuid};
    }
    const model::VerityConfig* verity = verity_on(partition.id);
    const std::string& device = verity != nullptr ? verity->id : partition.id;
    for (const model::FilesystemConfig& wish : storage_.filesystems) {
      if (wish.device_id.text != device || !wish.type) continue;
      model::Filesystem filesystem{
          .type = wish.type->value,
          .uuid = uuid("filesystem " + partition.id),
          .label = model::filesystem_label(wish.type->value, partition.label.text),
          .identifier = model::MountIdentifier::part_uuid};
      if (verity != nullptr) filesystem.verity_name = verity->name.text;
      const auto features = facts_.filesystem_features.find(model::mount_type_of(filesystem.type));
      if (features != facts_.filesystem_features.end()) filesystem.features = features->second;
      if (wish.mount_point) {
        filesystem.mount_point = wish.mount_point->path;
        filesystem.mount_options = wish.mount_point->options;
        if (wish.mount_point->identifier)
          filesystem.identifier = wish.mount_point->identifier->value;
      }
      return filesystem;
    }
    return std::nullopt;
  }

  /// The verity device whose data are on this partition, or null.
  const model::VerityConfig* verity_on(const std::string& partition) const {
    for (const model::VerityConfig& verity : storage_.verity) {
      if (verity.data_device_id && verity.data_device_id->text == partition) return &verity;
    }
    return nullptr;
  }

  static void add_place_of_hashes(const model::DiskLayout& layout, model::VerityDevice& device) {
    const model::Partition* partition = layout.find_partition(device.data_partition);
    IMAGEWRIGHT_ASSERT(partition != nullptr);
    if (!device.options.empty()) device.options += ",";
    device.options +=
        fmt::format("hash-offset={}", model::inline_data_size(partition->size).bytes());
  }

  model::VerityDevice verity_device(const model::VerityConfig& wish) const {
    const auto text = [](const auto& id) { return id ? id->text : std::string(); };
    const std::string name = "verity " + wish.name.text;
    // Thirty-two bytes, as many as the digest has.
    const auto first = uuid(name + " salt");
    const auto second = uuid(name + " salt, continued");
    std::string salt(first.bytes.begin(), first.bytes.end());
    salt.append(second.bytes.begin(), second.bytes.end());
    return {
        .name = wish.name.text,
        .data_partition = text(wish.data_device_id),
        .hash_partition = text(wish.hash_device_id),
        .uuid = uuid(name),
        .salt = std::move(salt),
        .options = verity_options(wish),
        .data_identifier = wish.data_device_identifier.value_or(model::MountIdentifier::part_uuid),
        .hash_identifier = wish.hash_device_identifier.value_or(model::MountIdentifier::part_uuid)};
  }

  const model::StorageConfig& storage_;
  const LayoutFacts& facts_;
};

} // namespace

std::string verity_options(const model::VerityConfig& wish) {
  std::string options = option_of(wish.corruption);
  if (!wish.hash_signature_path) return options;
  if (!options.empty()) options += ",";
  return options + model::k_hash_signature_option + wish.hash_signature_path->text;
}

model::DiskLayout make_layout(const model::StorageConfig& storage, const LayoutFacts& facts) {
  return LayoutMaker(storage, facts).make();
}

model::DiskLayout fit_last_partition(model::DiskLayout layout, base::ByteSize needed) {
  IMAGEWRIGHT_ASSERT(!layout.partitions.empty());
  model::Partition& last = layout.partitions.back();
  last.size = needed.rounded_up_to(k_alignment);
  layout.size = last.start + last.size + k_alignment;
  return layout;
}

} // namespace imagewright::plan
