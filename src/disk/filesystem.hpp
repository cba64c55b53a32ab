// SPDX-License-Identifier: MIT
#pragma once

// How one type of filesystem is written and read. Each type has both in its own folder, and its row
// in filesystems.cpp.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/block_device.hpp"

namespace imagewright::disk {

/// Told of each file that was written.
using FileObserver = std::function<void(std::uint64_t bytes, const std::string& path)>;

/// A filesystem that was checked and waits to be written.
struct PlannedFilesystem {
  /// Gives what the content and the filesystem's own tables take.
  std::function<base::ByteSize(BlockDevice& device, const FileObserver& observe,
                               const base::Cancellation& cancellation)>
      write;
  std::uint64_t file_count = 0;
};

/// What a filesystem is called in messages.
struct FilesystemPlace {
  std::string partition;
  std::string mount_point;
};

/// Everything that a filesystem is made from anew.
struct RewrittenFilesystem {
  std::string_view identity; ///< what `identify` gave
  base::ByteSize size;       ///< of the whole partition
  FilesystemPlace place;
  base::Epoch epoch;
  std::optional<base::Uuid> uuid = {}; ///< in place of its own
  FilesystemSize filesystem_size = FilesystemSize::kept;
};

struct FilesystemWriter {
  /// Throws base::Error (disk.content-too-large, disk.name-unsupported, …) for what cannot be
  /// written. `partition` must outlive the plan.
  PlannedFilesystem (*plan)(const model::Partition& partition,
                            std::shared_ptr<const tree::RootTree> tree,
                            base::Epoch epoch) = nullptr;
  /// What plan_rewrite needs of a filesystem that exists.
  std::string (*identify)(const fs::ByteSource& original) = nullptr;
  /// The same with everything but the content as it is in a filesystem that exists. Throws
  /// base::Error (disk.rewrite-unsupported) also when that cannot be kept.
  PlannedFilesystem (*plan_rewrite)(const RewrittenFilesystem& request,
                                    std::shared_ptr<const tree::RootTree> tree) = nullptr;
};

/// Up to the mark that stands farthest inside: that of Btrfs, in its superblock at 64 KiB.
inline constexpr std::size_t k_probe_size = std::size_t{65} << 10U;
/// What is smaller holds none.
inline constexpr std::size_t k_smallest_filesystem = 2048;

struct FilesystemReading {
  /// `start` is the first k_probe_size bytes of the partition, or all of a smaller one.
  bool (*recognises)(std::span<const std::byte> start) = nullptr;
  std::unique_ptr<FilesystemReader> (*open)(const fs::ByteSource& source) = nullptr;
};

/// What is null is not there yet.
struct FilesystemBehaviour {
  model::FilesystemType type = model::FilesystemType::ext4;
  const FilesystemWriter* writer = nullptr;
  const FilesystemReading* reader = nullptr;
};

/// Throws base::Error (disk.file-too-large) when the file of that path has more bytes.
void require_within(base::ByteSize limit, std::uint64_t size, std::string_view path);

/// In the order in which a partition is held against them.
std::span<const FilesystemBehaviour> filesystems();

/// Null when filesystems of that type cannot be written.
const FilesystemWriter* find_writer(model::FilesystemType type);

} // namespace imagewright::disk
