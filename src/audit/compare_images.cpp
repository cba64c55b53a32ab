// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/entrances.hpp>
#include <imagewright/inspect/file_record.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "byte_comparison.hpp"
#include "difference_list.hpp"
#include "package_differences.hpp"
#include "size_changes.hpp"

namespace imagewright::audit {

namespace {

using inspect::OpenedImage;
using inspect::OpenedPartition;

Aspects aspects_of(const OpenedPartition& partition) {
  Aspects aspects{{"number", fmt::format("{}", partition.entry.number)},
                  {"label", partition.entry.label},
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

std::map<std::string, Aspects> files_of(const OpenedPartition& partition,
                                        const base::Cancellation& cancellation) {
  std::map<std::string, Aspects> files;
  for (const auto& [path, record] :
       inspect::list_files(*partition.files, inspect::ContentDigests::computed, cancellation)) {
    files.emplace(path, aspects_of(record));
  }
  return files;
}

/// The entries of a menu by file and title. The arguments of the one that starts by itself are a
/// section of their own, and are not said again.
std::map<std::string, Aspects> entries_of(const inspect::SystemFacts& facts) {
  std::map<std::string, Aspects> result;
  for (const inspect::BootEntry& entry : facts.boot_entries) {
    Aspects aspects{
        {"title", entry.title}, {"kernel", entry.kernel}, {"initramfs", entry.initramfs}};
    if (!result.empty()) aspects["arguments"] = entry.command_line;
    // Files with one entry bear its name already.
    std::string name = entry.file;
    for (int count = 2; result.contains(name); ++count)
      name = fmt::format("{} ({})", entry.file,
                         entry.title.empty() ? fmt::format("{}", count)
                         : count == 2        ? entry.title
                                             : fmt::format("{}, {}", entry.title, count));
    result.emplace(std::move(name), std::move(aspects));
  }
  return result;
}

/// Two partitions that do the same in their systems; one is null where the other has no match.
struct PartitionPair {
  const OpenedPartition* left = nullptr;
  const OpenedPartition* right = nullptr;

  const OpenedPartition& any() const { return left != nullptr ? *left : *right; }
  /// For people, and as a key.
  std::string name() const {
    const OpenedPartition& partition = any();
    if (!partition.entry.label.empty() || partition.mount_point.empty()) return partition.name();
    return partition.mount_point;
  }
};

/// By mount point, then by label, then by the type of the partition: numbers say least.
class PartitionMatcher {
public:
  PartitionMatcher(const OpenedImage& left, const OpenedImage& right) : left_(left) {
    for (const OpenedPartition& partition : right.partitions())
      free_.push_back(&partition);
  }

  std::vector<PartitionPair> run() {
    pairs_.resize(left_.partitions().size());
    match([](const OpenedPartition& one, const OpenedPartition& other) {
      return !one.mount_point.empty() && one.mount_point == other.mount_point;
    });
    match([](const OpenedPartition& one, const OpenedPartition& other) {
      return !one.entry.label.empty() && one.entry.label == other.entry.label;
    });
    match([](const OpenedPartition& one, const OpenedPartition& other) {
      const bool is_unnamed = one.entry.label.empty() || other.entry.label.empty();
      return is_unnamed && one.entry.type == other.entry.type && one.mount_point.empty() &&
             other.mount_point.empty();
    });
    for (std::size_t index = 0; index < pairs_.size(); ++index)
      pairs_[index].left = &left_.partitions()[index];
    for (const OpenedPartition* partition : free_)
      pairs_.push_back({nullptr, partition});
    return std::move(pairs_);
  }

private:
  template <typename IsMatch>
  void match(const IsMatch& is_match) {
    for (std::size_t index = 0; index < pairs_.size(); ++index) {
      if (pairs_[index].right != nullptr) continue;
      const auto found = std::ranges::find_if(free_, [&](const OpenedPartition* candidate) {
        return is_match(left_.partitions()[index], *candidate);
      });
      if (found == free_.end()) continue;
      pairs_[index].right = *found;
      free_.erase(found);
    }
  }

  const OpenedImage& left_;
  std::vector<const OpenedPartition*> free_; ///< of the right side
  std::vector<PartitionPair> pairs_;
};

/// Compares two opened images section by section.
class ImageComparison {
public:
  ImageComparison(const OpenedImage& left, const OpenedImage& right,
                  const base::Cancellation& cancellation)
      : left_(left), right_(right), pairs_(PartitionMatcher(left, right).run()),
        bytes_(left.disk(), right.disk()), cancellation_(cancellation) {}

  Comparison run() {
    if (left_.root() != nullptr && right_.root() != nullptr) {
      compare_systems(inspect::read_system(left_), inspect::read_system(right_));
      compare_entrances();
    } else if (left_.root() != nullptr || right_.root() != nullptr) {
      note(fmt::format("the systems: {} has none",
                       left_.root() == nullptr ? "the first image" : "the second image"));
    }
    compare_disks();
    for (const PartitionPair& pair : pairs_) {
      if (pair.left != nullptr && pair.right != nullptr) compare_contents(pair);
    }
    comparison_.directory_sizes = size_changes(sizes_before_, sizes_after_);
    note_missing(left_, "the first image");
    note_missing(right_, "the second image");
    return std::move(comparison_);
  }

private:
  static std::string prefix_of(const OpenedPartition& partition) {
    return partition.mount_point == "/" ? "" : partition.mount_point;
  }

  void note(std::string what) { comparison_.not_compared.push_back(std::move(what)); }

  void note_missing(const OpenedImage& image, std::string_view side) {
    for (const inspect::MissingMount& missing : image.missing_mounts())
      note(fmt::format("{} of {}: it is mounted from {}, which is not in the image",
                       missing.mount_point, side, missing.source));
    for (const std::string& complaint : image.complaints())
      note(fmt::format("{} as it lies on its disk: {}", side, complaint));
  }

  void compare_systems(const inspect::SystemFacts& left, const inspect::SystemFacts& right) {
    if (left.packages && right.packages) {
      compare_packages(known_packages(*left.packages), known_packages(*right.packages))
          .move_to(comparison_, "packages");
    } else if (left.packages || right.packages) {
      const auto& facts = left.packages ? right : left;
      note(fmt::format("the packages: {} has no database that can be read{}",
                       left.packages ? "the second image" : "the first image",
                       facts.packages_complaint.empty() ? "" : ": " + facts.packages_complaint));
    } else if (!left.packages_complaint.empty() || !right.packages_complaint.empty()) {
      note(fmt::format("the packages: {}", left.packages_complaint.empty()
                                               ? right.packages_complaint
                                               : left.packages_complaint));
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
    list.compare_all(entries_of(left), entries_of(right), "title");
    list.compare_words(left.efi_programs, right.efi_programs);
    list.move_to(comparison_, "boot chain");
  }

  void compare_entrances() {
    DifferenceList list;
    list.compare_all(inspect::read_users(left_), inspect::read_users(right_), "uid");
    list.move_to(comparison_, "users");
    list.compare_all(inspect::read_listening_sockets(left_),
                     inspect::read_listening_sockets(right_));
    list.move_to(comparison_, "listening sockets");
  }

  void compare_disks() {
    DifferenceList list;
    list.compare("disk", "size", base::to_string(base::ByteSize(left_.disk().size())),
                 base::to_string(base::ByteSize(right_.disk().size())));
    list.compare("disk", "uuid", left_.disk_uuid().to_string(), right_.disk_uuid().to_string());
    std::map<std::string, Aspects> before;
    std::map<std::string, Aspects> after;
    for (const PartitionPair& pair : pairs_) {
      std::string name = pair.name();
      for (int count = 2; before.contains(name) || after.contains(name); ++count)
        name = fmt::format("{} ({})", pair.name(), count);
      if (pair.left != nullptr) before.emplace(name, aspects_of(*pair.left));
      if (pair.right != nullptr) after.emplace(name, aspects_of(*pair.right));
    }
    list.compare_all(before, after, "size");
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

  void compare_contents(const PartitionPair& pair) {
    const OpenedPartition& left = *pair.left;
    const OpenedPartition& right = *pair.right;
    const std::uint64_t left_size = left.entry.size.bytes();
    const std::uint64_t right_size = right.entry.size.bytes();
    const auto offset = bytes_.first_difference({.left = left.entry.start.bytes(),
                                                 .right = right.entry.start.bytes(),
                                                 .length = std::min(left_size, right_size)},
                                                cancellation_);
    if (!offset && left_size == right_size) return;
    DifferenceList list;
    if (left.files && right.files) {
      const auto before = files_of(left, cancellation_);
      const auto after = files_of(right, cancellation_);
      list.compare_all(before, after, "type");
      add_directory_sizes(sizes_before_, before, prefix_of(left));
      add_directory_sizes(sizes_after_, after, prefix_of(right));
    }
    if (list.empty() && offset) {
      const std::string place = fmt::format("first at byte {} of the partition", *offset);
      list.add({left.files ? "filesystem, while every file is the same" : "bytes", "content", place,
                place});
    }
    const bool is_mounted = left.mount_point == right.mount_point && !left.mount_point.empty();
    list.move_to(comparison_, fmt::format("partition {}{}", pair.name(),
                                          is_mounted && pair.name() != left.mount_point
                                              ? fmt::format(" ({})", left.mount_point)
                                              : ""));
  }

  const OpenedImage& left_;
  const OpenedImage& right_;
  const std::vector<PartitionPair> pairs_;
  const DiskComparison bytes_;
  const base::Cancellation& cancellation_;
  Sizes sizes_before_; ///< of partitions that differ
  Sizes sizes_after_;
  Comparison comparison_;
};

} // namespace

Comparison compare_images(const OpenedImage& left, const OpenedImage& right,
                          const base::Cancellation& cancellation) {
  return ImageComparison(left, right, cancellation).run();
}

} // namespace imagewright::audit
