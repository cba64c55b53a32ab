// SPDX-License-Identifier: MIT
#pragma once

// A filesystem that exists is written anew with other content; what it is called, how it is laid
// out and how large it is stay as they were. Two steps, so that whoever writes it has not read it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/byte_source.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::disk {

/// What a filesystem has beside its content, as text that is checked where it is used; empty when
/// there is none that is known. Throws base::Error (disk.corrupt-filesystem).
std::string read_identity(const fs::ByteSource& partition);

/// What becomes of the filesystem's own size.
enum class FilesystemSize : std::uint8_t {
  kept,
  of_partition, ///< it grows to the end of its partition
};

struct RewriteRequest {
  std::string identity;    ///< what read_identity gave
  base::ByteSize size;     ///< of the whole partition
  std::string partition;   ///< for messages
  std::string mount_point; ///< likewise
  std::shared_ptr<const tree::RootTree> tree;
  base::Epoch epoch;
  /// Another identifier in place of its own; of FAT the first four bytes.
  std::optional<base::Uuid> uuid = {};
  FilesystemSize filesystem_size = FilesystemSize::kept;
};

/// Where in an open file a partition lies. Everything in it must be zero before it is written.
struct PartitionPlace {
  int fd = -1;
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::string file; ///< for messages
  /// What of the whole file stands elsewhere. Content of files that is in the file already that
  /// they come from is left there; null: it is copied.
  fs::BorrowedBytes* borrowed = nullptr;
};

/// Writes what was planned; gives what content and tables take.
using PlannedRewrite = std::function<base::ByteSize(const PartitionPlace& place,
                                                    const base::Cancellation& cancellation)>;

/// Throws base::Error when it cannot be done, before anything is written: disk.rewrite-unsupported
/// with what the filesystem has, disk.corrupt-filesystem, disk.content-too-large,
/// disk.name-unsupported, disk.file-unsupported.
PlannedRewrite plan_rewrite(const RewriteRequest& request);

} // namespace imagewright::disk
