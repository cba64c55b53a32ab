// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/tree/late_text.hpp>
#include <imagewright/tree/split.hpp>

#include "disk/block_device.hpp"
#include "disk/filesystem.hpp"
#include "disk/gpt/write.hpp"
#include "disk/layout_check.hpp"
#include "disk/verity/tree.hpp"

namespace imagewright::disk {

namespace {

// UEFI specification 2.10, table 5.3: the first 440 bytes of the protective MBR are boot code.
constexpr std::size_t k_boot_code_size = 440;

struct PlannedPartition {
  const model::Partition* partition = nullptr;
  /// The part of it that the filesystem takes, where hashes follow; null: all of it.
  std::shared_ptr<const model::Partition> data;
  /// Of a filesystem. `content` looks at it when it writes: root hashes come in between.
  std::shared_ptr<tree::RootTree> tree;
  PlannedFilesystem content; ///< without `write`: nothing is written to it
};

using Trees = std::map<std::string, tree::RootTree, std::less<>>;

bool is_mounted(const model::Partition& partition) {
  return partition.filesystem && partition.filesystem->mount_point.starts_with('/');
}

Trees split_tree(const DiskRequest& request) {
  std::vector<std::string> mounts;
  for (const model::Partition& partition : request.layout.partitions) {
    if (is_mounted(partition)) mounts.push_back(partition.filesystem->mount_point);
  }
  if (std::find(mounts.begin(), mounts.end(), "/") == mounts.end()) {
    throw base::Error(base::FailureKind::input, "disk.layout-invalid",
                      "no partition is mounted at \"/\"", "give one a mount point");
  }
  return tree::split_at_mounts(request.tree, mounts);
}

/// A filesystem that is not mounted has nothing but its root directory.
tree::RootTree empty_tree(const DiskRequest& request) {
  tree::RootTree tree;
  tree.host_path = request.tree.host_path;
  tree.inodes.push_back(
      {.type = fs::FileType::directory, .permissions = 0755, .modified = request.epoch});
  tree.entries.push_back({"/", 0});
  return tree;
}

PlannedPartition plan_content_file(const DiskRequest& request, const model::Partition& partition) {
  PlannedPartition planned{.partition = &partition};
  for (const model::VerityDevice& device : request.layout.verity) {
    if (device.hash_partition != partition.id) continue;
    // write_trees has filled it by then.
    const auto size =
        model::verity_tree_size(request.layout.find_partition(device.data_partition)->size);
    planned.content.write = [size](BlockDevice&, const FileObserver&, const base::Cancellation&) {
      return size;
    };
  }
  const auto found = request.partition_content.find(partition.id);
  if (found == request.partition_content.end()) return planned;
  std::string content = fs::read_file(found->second, partition.size);
  planned.content.write = [content = std::move(content)](BlockDevice& device, const FileObserver&,
                                                         const base::Cancellation&) {
    device.write(0, std::as_bytes(std::span(content)));
    return base::ByteSize(content.size());
  };
  return planned;
}

std::shared_ptr<const model::Partition> find_data_part(const model::DiskLayout& layout,
                                                       const model::Partition& partition) {
  for (const model::VerityDevice& device : layout.verity) {
    if (!model::is_inline(device) || device.data_partition != partition.id) continue;
    auto part = std::make_shared<model::Partition>(partition);
    part->size = model::inline_data_size(partition.size);
    return part;
  }
  return nullptr;
}

PlannedPartition plan_partition(const DiskRequest& request, const model::Partition& partition,
                                const Trees& trees) {
  if (!partition.filesystem) return plan_content_file(request, partition);
  PlannedPartition planned{.partition = &partition};
  planned.tree = std::make_shared<tree::RootTree>(
      is_mounted(partition) ? trees.at(partition.filesystem->mount_point) : empty_tree(request));
  const FilesystemWriter* writer = find_writer(partition.filesystem->type);
  IMAGEWRIGHT_ASSERT(writer != nullptr); // check_layout refuses the others
  planned.data = find_data_part(request.layout, partition);
  planned.content =
      writer->plan(planned.data ? *planned.data : partition, planned.tree, request.epoch);
  return planned;
}

std::vector<PlannedPartition> plan_partitions(const DiskRequest& request) {
  check_layout(request.layout);
  if (request.boot_code.size() > k_boot_code_size) {
    throw base::Error(base::FailureKind::build, "disk.content-too-large",
                      fmt::format("the boot code has {} bytes, and there is room for {}",
                                  request.boot_code.size(), k_boot_code_size));
  }
  const Trees trees = split_tree(request);
  std::vector<PlannedPartition> planned;
  for (const model::Partition& partition : request.layout.partitions) {
    planned.push_back(plan_partition(request, partition, trees));
  }
  return planned;
}

/// Tells the reporter how much of the content is written.
class ProgressMeter {
public:
  ProgressMeter(report::StageScope& stage, const tree::RootTree& tree) : stage_(stage) {
    std::uint64_t total = 0;
    for (const tree::Inode& inode : tree.inodes)
      total += inode.size;
    progress_.bytes_total = base::ByteSize(total);
  }

  void add(std::uint64_t bytes, const std::string& path) {
    ++progress_.items_done;
    progress_.bytes_done = progress_.bytes_done + base::ByteSize(bytes);
    progress_.current = path;
    stage_.progress(progress_);
  }

private:
  report::StageScope& stage_;
  report::Progress progress_;
};

/// The file with the disk in it.
struct DiskFile {
  int fd = -1;
  std::string name;

  FileRegion region(const model::Partition& partition) const {
    return {fd, partition.start.bytes(), partition.size.bytes(), name};
  }
};

bool is_verified(const PlannedPartition& planned) {
  return planned.partition->filesystem && !planned.partition->filesystem->verity_name.empty();
}

PartitionUse write_partition(const PlannedPartition& planned, const DiskFile& file,
                             const FileObserver& observe, const base::Cancellation& cancellation) {
  const model::Partition& partition = *planned.partition;
  PartitionUse use{partition.id, partition.size, base::ByteSize(), planned.content.file_count};
  try {
    FileRegion region = file.region(partition);
    if (planned.content.write) use.used = planned.content.write(region, observe, cancellation);
  } catch (base::Error& error) {
    error.add_context(fmt::format("while writing partition {}", base::quoted(partition.id)));
    throw;
  }
  return use;
}

model::RootHashes write_trees(const model::DiskLayout& layout, const DiskFile& file,
                              const base::Cancellation& cancellation) {
  model::RootHashes hashes;
  for (const model::VerityDevice& device : layout.verity) {
    const model::Partition& partition = *layout.find_partition(device.data_partition);
    model::Partition data_part = partition;
    model::Partition tree_part = *layout.find_partition(device.hash_partition);
    if (model::is_inline(device)) {
      data_part.size = model::inline_data_size(partition.size);
      tree_part.start = partition.start + data_part.size;
      tree_part.size = partition.size - data_part.size;
    }
    const FileRegion data = file.region(data_part);
    FileRegion tree = file.region(tree_part);
    hashes[device.name] =
        write_verity_tree(data, tree, {.uuid = device.uuid, .salt = device.salt}, cancellation);
  }
  return hashes;
}

/// Verified partitions first: the others may hold their root hashes.
WrittenDisk write_partitions(const DiskRequest& request, std::vector<PlannedPartition> planned,
                             const DiskFile& file, const FileObserver& observe,
                             const base::Cancellation& cancellation) {
  std::vector<PartitionUse> uses(planned.size());
  const auto write_those = [&](const auto& is_wanted) {
    for (std::size_t index = 0; index < planned.size(); ++index) {
      if (is_wanted(planned[index]))
        uses[index] = write_partition(planned[index], file, observe, cancellation);
    }
  };
  write_those(is_verified);
  model::RootHashes hashes = write_trees(request.layout, file, cancellation);
  for (PlannedPartition& partition : planned) {
    if (partition.tree) *partition.tree = tree::with_late_texts(std::move(*partition.tree), hashes);
  }
  write_those(std::not_fn(is_verified));
  return {std::move(uses), std::move(hashes)};
}

} // namespace

WrittenDisk write_disk(const DiskRequest& request, const std::filesystem::path& raw,
                       report::Reporter& reporter, const base::Cancellation& cancellation) {
  report::StageScope stage(reporter, "disk", base::to_string(request.layout.size));
  auto planned = plan_partitions(request);
  fs::UnfinishedFile file(raw);
  if (ftruncate(file.fd(), static_cast<off_t>(request.layout.size.bytes())) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot set the size of", raw, errno);
  }
  write_partition_table(file.fd(), raw.string(), request.layout);
  fs::write_exactly(file.fd(), std::as_bytes(std::span(request.boot_code)), 0, raw.string());
  ProgressMeter meter(stage, request.tree);
  const FileObserver observe = [&](std::uint64_t bytes, const std::string& path) {
    meter.add(bytes, path);
  };
  WrittenDisk written = write_partitions(
      request, std::move(planned), {.fd = file.fd(), .name = raw.string()}, observe, cancellation);
  file.keep();
  return written;
}

PartitionUse write_volume(const VolumeRequest& request, const std::filesystem::path& raw,
                          report::Reporter& reporter, const base::Cancellation& cancellation) {
  report::StageScope stage(reporter, "disk", base::to_string(request.partition.size));
  IMAGEWRIGHT_ASSERT(request.partition.filesystem.has_value());
  const FilesystemWriter* writer = find_writer(request.partition.filesystem->type);
  IMAGEWRIGHT_ASSERT(writer != nullptr);
  PlannedPartition planned{.partition = &request.partition};
  planned.tree = std::make_shared<tree::RootTree>(request.tree);
  planned.content = writer->plan(request.partition, planned.tree, request.epoch);
  fs::UnfinishedFile file(raw);
  if (ftruncate(file.fd(), static_cast<off_t>(request.partition.size.bytes())) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot set the size of", raw, errno);
  }
  ProgressMeter meter(stage, request.tree);
  const PartitionUse use = write_partition(
      planned, {.fd = file.fd(), .name = raw.string()},
      [&](std::uint64_t bytes, const std::string& path) { meter.add(bytes, path); }, cancellation);
  file.keep();
  return use;
}

} // namespace imagewright::disk
