// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "disk/block_device.hpp"
#include "disk/filesystem.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

/// The row of what the partition holds.
const FilesystemBehaviour* find_behaviour(const fs::ByteSource& partition) {
  if (partition.size() < k_smallest_filesystem) return nullptr;
  Bytes start(std::min<std::uint64_t>(k_probe_size, partition.size()));
  partition.read(0, start);
  for (const FilesystemBehaviour& candidate : filesystems()) {
    if (candidate.reader != nullptr && candidate.reader->recognises(start)) return &candidate;
  }
  return nullptr;
}

} // namespace

std::string read_identity(const fs::ByteSource& partition) {
  const FilesystemBehaviour* found = find_behaviour(partition);
  if (found == nullptr || found->writer == nullptr || found->writer->identify == nullptr) return {};
  return sandbox::ByteWriter().number(static_cast<std::uint64_t>(found->type)).take() +
         found->writer->identify(partition);
}

namespace {

PlannedFilesystem planned_by(const RewriteRequest& request) {
  sandbox::ByteReader reader(request.identity);
  const FilesystemWriter* writer =
      request.identity.empty() ? nullptr : find_writer(reader.choice(model::FilesystemType::swap));
  if (writer == nullptr || writer->plan_rewrite == nullptr) {
    throw base::Error(base::FailureKind::input, "disk.rewrite-unsupported",
                      fmt::format("the filesystem of partition {} ({}) cannot be written here",
                                  base::quoted(request.partition), request.mount_point),
                      "leave what is on it as it is, or lay its files out anew on ext4 with "
                      "storage.disks");
  }
  return writer->plan_rewrite(
      {.identity = reader.rest(),
       .size = request.size,
       .place = {.partition = request.partition, .mount_point = request.mount_point},
       .epoch = request.epoch,
       .uuid = request.uuid,
       .filesystem_size = request.filesystem_size},
      request.tree);
}

/// Whoever read the filesystem may have been taken over by it, and says what it likes.
PlannedFilesystem planned_in_order(const RewriteRequest& request) {
  try {
    return planned_by(request);
  } catch (const base::BugError& error) {
    throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                      fmt::format("the filesystem of partition {} ({}) cannot be what it says: {}",
                                  base::quoted(request.partition), request.mount_point,
                                  error.what()),
                      "copy or make the image again");
  }
}

} // namespace

PlannedRewrite plan_rewrite(const RewriteRequest& request) {
  const PlannedFilesystem planned = planned_in_order(request);
  return [planned](const PartitionPlace& place, const base::Cancellation& cancellation) {
    FileRegion region(place.fd, place.start, place.size, place.file, place.borrowed);
    return planned.write(
        region, [](std::uint64_t, const std::string&) {}, cancellation);
  };
}

} // namespace imagewright::disk
