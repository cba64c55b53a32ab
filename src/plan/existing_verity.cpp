// SPDX-License-Identifier: MIT
#include "existing_verity.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/partition_type.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/plan/layout.hpp>

namespace imagewright::plan {

namespace {

constexpr std::uint64_t k_block = 4096;

[[noreturn]] void refuse(const model::ExistingPartition& wish, const std::string& why,
                         const std::string& hint) {
  base::Diagnostics mistakes;
  mistakes.error("customize.verity-partition",
                 fmt::format("the partition {} {}", base::quoted(wish.label), why), wish.where,
                 hint);
  throw base::InputError(std::move(mistakes));
}

model::Partition& partition_of(const model::ExistingPartition& wish, model::DiskLayout& layout) {
  const auto is_meant = [&](const model::Partition& each) { return each.label == wish.label; };
  const auto found = std::ranges::find_if(layout.partitions, is_meant);
  const auto count = std::ranges::count_if(layout.partitions, is_meant);
  if (count == 1) return *found;
  base::Diagnostics mistakes;
  mistakes.error("customize.no-partition",
                 fmt::format("the partition {} {}", base::quoted(wish.label),
                             count == 0 ? "is not in the image"
                                        : "is not the only one of that label in the image"),
                 wish.where,
                 "\"imagewright inspect IMAGE\" lists the partitions with their labels");
  throw base::InputError(std::move(mistakes));
}

class Device {
public:
  Device(const model::VerityConfig& wish, const BaseFacts& facts, model::DiskLayout& layout)
      : wish_(wish), data_(partition_of(*wish.data_device, layout)),
        hashes_(partition_of(*wish.hash_device, layout)), facts_(facts), layout_(layout) {}

  void add(const std::string& seed) {
    check_data();
    check_hashes();
    const bool is_inline = &data_ == &hashes_;
    const base::ByteSize data_size = is_inline ? size_of_filesystem() : whole_blocks(data_.size);
    check_room(data_size);
    const auto uuid = [&](const char* what) {
      return base::Uuid::from_name(seed, fmt::format("verity {}{}", wish_.name.text, what));
    };
    const base::Uuid first = uuid(" salt");
    const base::Uuid second = uuid(" salt, continued");
    model::VerityDevice device{
        .name = wish_.name.text,
        .data_partition = data_.id,
        .hash_partition = hashes_.id,
        .uuid = uuid(""),
        .salt = std::string(first.bytes.begin(), first.bytes.end()) +
                std::string(second.bytes.begin(), second.bytes.end()),
        .options = verity_options(wish_),
        .data_identifier = wish_.data_device_identifier.value_or(model::MountIdentifier::part_uuid),
        .hash_identifier =
            wish_.hash_device_identifier.value_or(model::MountIdentifier::part_uuid)};
    if (is_inline)
      device.options +=
          fmt::format("{}hash-offset={}", device.options.empty() ? "" : ",", data_size.bytes());
    data_.filesystem->verity_name = device.name;
    layout_.verity.push_back(std::move(device));
  }

private:
  static base::ByteSize whole_blocks(base::ByteSize size) {
    return base::ByteSize(size.bytes() / k_block * k_block);
  }

  base::ByteSize size_of_filesystem() const {
    const auto known = facts_.filesystem_sizes.find(data_.id);
    IMAGEWRIGHT_ASSERT(known != facts_.filesystem_sizes.end());
    return known->second.rounded_up_to(base::ByteSize(k_block));
  }

  void check_data() const {
    const std::string place = wish_.name.text == "root" ? "/" : "/usr";
    const model::ExistingPartition& wish = *wish_.data_device;
    if (!data_.filesystem || data_.filesystem->mount_point != place)
      refuse(wish, fmt::format("is not what the base mounts at {}", base::quoted(place)),
             "name the one that it mounts there, or correct the name of the device");
    const bool is_taken = std::ranges::any_of(layout_.verity, [&](const auto& device) {
      return device.name == wish_.name.text || device.data_partition == data_.id ||
             device.hash_partition == hashes_.id;
    });
    if (is_taken)
      refuse(
          wish, "takes part in dm-verity already",
          "remove the device, and add storage.reinitializeVerity: all to change what is verified");
  }

  /// Where they do not stand behind their data.
  void check_hashes() const {
    if (&data_ == &hashes_) return;
    std::string content = hashes_.filesystem ? "a filesystem" : "";
    if (const auto known = facts_.contents.find(hashes_.id); known != facts_.contents.end())
      content = known->second;
    // GRUB's code there has no mark of its own.
    if (hashes_.type == model::partition_type(model::PartitionKind::bios_grub, facts_.architecture))
      content = "what a BIOS starts";
    if (content.empty()) return;
    refuse(*wish_.hash_device, fmt::format("holds {}, which hashes would overwrite", content),
           "name a partition that holds nothing");
  }

  void check_room(base::ByteSize data_size) const {
    const model::ExistingPartition& wish = *wish_.hash_device;
    const bool is_inline = &data_ == &hashes_;
    const base::ByteSize needed =
        model::verity_tree_size(data_size) + (is_inline ? data_size : base::ByteSize());
    if (hashes_.size < needed)
      refuse(wish,
             fmt::format("has {}, and {} are needed", base::to_string(hashes_.size),
                         base::to_string(needed)),
             is_inline
                 ? "put the hashes on a partition of their own, or make the filesystem smaller"
                 : "name a larger partition, or describe a new disk with storage.disks");
  }

  const model::VerityConfig& wish_;
  model::Partition& data_;
  model::Partition& hashes_;
  const BaseFacts& facts_;
  model::DiskLayout& layout_;
};

} // namespace

void add_existing_verity(const model::StorageConfig& storage, const BaseFacts& facts,
                         const std::string& seed, model::DiskLayout& layout) {
  for (const model::VerityConfig& wish : storage.verity) {
    if (wish.data_device && wish.hash_device) Device(wish, facts, layout).add(seed);
  }
}

std::vector<model::KernelArgument> verity_arguments(const model::SystemPolicy& policy,
                                                    const model::DiskLayout& layout) {
  std::vector<model::KernelArgument> arguments;
  for (const model::KernelArgument& argument : policy.kernel_arguments) {
    if (argument.origin == "storage.verity") arguments.push_back(argument);
  }
  if (model::is_verified(layout, "/"))
    arguments.push_back({.text = "root=/dev/mapper/root", .origin = "storage.verity", .where = {}});
  return arguments;
}

} // namespace imagewright::plan
