// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/file_record.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "byte_comparison.hpp"
#include "difference_list.hpp"
#include "package_differences.hpp"

namespace imagewright::audit {

namespace {

using inspect::OpenedImage;
using inspect::OpenedPartition;

Aspects aspects_of(const OpenedPartition& partition) {
  Aspects aspects{{"number", fmt::format("{}", partition.entry.number)},
                  {"type", partition.entry.type.to_string()},
                  {"uuid", partition.entry.uuid.to_string()},
                  {"attributes", fmt::format("{:#x}", partition.entry.attributes)},
                  {"start", fmt::format("{}", partition.entry.start.bytes())},
                  {"size", base::to_string(partition.entry.size)}};
  if (!partition.files) return aspects;
  const disk::FilesystemFacts facts = partition.files->facts();
  aspects["filesystem"] = facts.type;
  aspects["filesystem uuid"] = facts.uuid;
  aspects["filesystem label"] = facts.label;
  aspects["filesystem size"] = base::to_string(facts.size);
  aspects["mount point"] = partition.mount_point;
  return aspects;
}

Aspects aspects_of(const inspect::FileRecord& record) {
  const disk::StoredFile& stored = record.stored;
  Aspects aspects{{"type", std::string(inspect::type_word(stored.type))},
                  {"mode", fmt::format("{:04o}", stored.permissions)},
                  {"owner", fmt::format("{}:{}", stored.owner, stored.group)},
                  {"time", base::to_iso8601(stored.modified)}};
  if (record.content) {
    aspects["content"] = fmt::format("{} bytes {}", stored.size, record.content->to_string());
  }
  if (stored.type == fs::FileType::symlink) aspects["target"] = record.target;
  if (stored.type == fs::FileType::character_device || stored.type == fs::FileType::block_device) {
    aspects["device"] = fmt::format("{},{}", stored.device.major, stored.device.minor);
  }
  if (stored.type != fs::FileType::directory) {
    aspects["names"] = fmt::format("{}", stored.name_count);
  }
  for (const tree::ExtendedAttribute& attribute : record.attributes) {
    std::string name = attribute.name;
    if (name == "security.selinux") name = "label";
    if (name == "security.capability") name = "capabilities";
    aspects[name] = inspect::attribute_text(attribute);
  }
  return aspects;
}

Aspects aspects_of(const inspect::BootEntry& entry) {
  return {{"title", entry.title},
          {"kernel", entry.kernel},
          {"initramfs", entry.initramfs},
          {"arguments", entry.command_line}};
}

template <typename Items, typename Name>
std::map<std::string, Aspects> by_name(const Items& items, Name name_of) {
  std::map<std::string, Aspects> result;
  for (const auto& item : items) {
    // Several entries of one menu may bear one name.
    std::string name = name_of(item);
    for (int count = 2; result.contains(name); ++count)
      name = fmt::format("{} ({})", name_of(item), count);
    result.emplace(std::move(name), aspects_of(item));
  }
  return result;
}

std::map<std::string, Aspects> files_of(const OpenedPartition& partition,
                                        const base::Cancellation& cancellation) {
  std::map<std::string, Aspects> files;
  for (const auto& [path, record] :
       inspect::list_files(*partition.files, inspect::ContentDigests::computed, cancellation)) {
    files.emplace(path, aspects_of(record));
  }
  return files;
}

/// Compares two opened images section by section.
class ImageComparison {
public:
  ImageComparison(const OpenedImage& left, const OpenedImage& right,
                  const base::Cancellation& cancellation)
      : left_(left), right_(right), bytes_(left.disk(), right.disk()), cancellation_(cancellation) {
  }

  Comparison run() {
    if (left_.root() != nullptr && right_.root() != nullptr) {
      compare_systems(inspect::read_system(left_), inspect::read_system(right_));
    }
    compare_disks();
    for (const OpenedPartition& partition : left_.partitions()) {
      for (const OpenedPartition& other : right_.partitions()) {
        if (partition.name() == other.name()) compare_contents(partition, other);
      }
    }
    return std::move(comparison_);
  }

private:
  void compare_systems(const inspect::SystemFacts& left, const inspect::SystemFacts& right) {
    if (left.packages && right.packages) {
      compare_packages(known_packages(*left.packages), known_packages(*right.packages))
          .move_to(comparison_, "packages");
    }
    DifferenceList list;
    list.compare("operating system", "name", left.operating_system, right.operating_system);
    list.compare("host name", "name", left.host_name, right.host_name);
    list.compare("kernels", "releases", base::join(left.kernels, " "),
                 base::join(right.kernels, " "));
    list.compare("SELinux", "mode", left.selinux_mode, right.selinux_mode);
    list.compare("SELinux", "policy", left.selinux_policy, right.selinux_policy);
    list.compare("cgroup", "version", left.cgroup_version, right.cgroup_version);
    list.compare("FIPS", "mode", left.is_fips ? "on" : "off", right.is_fips ? "on" : "off");
    list.compare("default target", "unit", left.default_target, right.default_target);
    list.move_to(comparison_, "system");
    list.compare_words(model::kernel_words(left.kernel_command_line()),
                       model::kernel_words(right.kernel_command_line()));
    list.move_to(comparison_, "kernel arguments");
    list.compare_words(left.enabled_units, right.enabled_units);
    list.move_to(comparison_, "enabled units");
    list.compare_words(left.masked_units, right.masked_units);
    list.move_to(comparison_, "masked units");
    const auto name = [](const inspect::BootEntry& entry) { return entry.file; };
    list.compare_all(by_name(left.boot_entries, name), by_name(right.boot_entries, name));
    list.compare_words(left.efi_programs, right.efi_programs);
    list.move_to(comparison_, "boot chain");
  }

  void compare_disks() {
    DifferenceList list;
    list.compare("disk", "size", base::to_string(base::ByteSize(left_.disk().size())),
                 base::to_string(base::ByteSize(right_.disk().size())));
    list.compare("disk", "uuid", left_.disk_uuid().to_string(), right_.disk_uuid().to_string());
    const auto name = [](const OpenedPartition& partition) { return partition.name(); };
    list.compare_all(by_name(left_.partitions(), name), by_name(right_.partitions(), name), "size");
    // Between partitions that are the same on both sides, only boot code can differ.
    if (list.empty()) compare_gaps(list);
    list.move_to(comparison_, "disk");
  }

  void compare_gaps(DifferenceList& list) {
    std::map<std::uint64_t, std::uint64_t> taken{{left_.disk().size(), left_.disk().size()}};
    for (const OpenedPartition& partition : left_.partitions()) {
      const std::uint64_t start = partition.entry.start.bytes();
      taken[start] = start + partition.entry.size.bytes();
    }
    std::uint64_t position = 0;
    for (const auto& [start, end] : taken) {
      if (start > position) compare_gap(position, start - position, list);
      position = std::max(position, end);
    }
  }

  void compare_gap(std::uint64_t start, std::uint64_t length, DifferenceList& list) {
    const auto offset =
        bytes_.first_difference({.left = start, .right = start, .length = length}, cancellation_);
    if (!offset) return;
    const std::string place = fmt::format("first at byte {}", start + *offset);
    list.add({"outside the partitions", "content", place, place});
  }

  void compare_contents(const OpenedPartition& left, const OpenedPartition& right) {
    const std::uint64_t left_size = left.entry.size.bytes();
    const std::uint64_t right_size = right.entry.size.bytes();
    const auto offset = bytes_.first_difference({.left = left.entry.start.bytes(),
                                                 .right = right.entry.start.bytes(),
                                                 .length = std::min(left_size, right_size)},
                                                cancellation_);
    if (!offset && left_size == right_size) return;
    DifferenceList list;
    if (left.files && right.files) {
      list.compare_all(files_of(left, cancellation_), files_of(right, cancellation_), "type");
    }
    if (list.empty() && offset) {
      const std::string place = fmt::format("first at byte {} of the partition", *offset);
      list.add({left.files ? "filesystem, while every file is the same" : "bytes", "content", place,
                place});
    }
    const bool is_mounted = left.mount_point == right.mount_point && !left.mount_point.empty();
    list.move_to(comparison_,
                 fmt::format("partition {}{}", left.name(),
                             is_mounted ? fmt::format(" ({})", left.mount_point) : ""));
  }

  const OpenedImage& left_;
  const OpenedImage& right_;
  const DiskComparison bytes_;
  const base::Cancellation& cancellation_;
  Comparison comparison_;
};

} // namespace

Comparison compare_images(const std::filesystem::path& left, const std::filesystem::path& right,
                          const base::Cancellation& cancellation) {
  const OpenedImage one(left);
  const OpenedImage other(right);
  return ImageComparison(one, other, cancellation).run();
}

} // namespace imagewright::audit
