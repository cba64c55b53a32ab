// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/rewrite.hpp>

#include "disk/block_device.hpp"
#include "disk/filesystem.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

const FilesystemWriter* find_rewriter(const fs::ByteSource& original) {
  constexpr std::size_t probe_size = 2048;
  if (original.size() < probe_size) return nullptr;
  Bytes start(probe_size);
  original.read(0, start);
  for (const FilesystemBehaviour& candidate : filesystems()) {
    if (candidate.reader != nullptr && candidate.reader->recognises(start)) return candidate.writer;
  }
  return nullptr;
}

} // namespace

PlannedRewrite plan_rewrite(const RewriteRequest& request) {
  const FilesystemWriter* writer = find_rewriter(request.original);
  if (writer == nullptr || writer->plan_rewrite == nullptr) {
    throw base::Error(base::FailureKind::input, "disk.rewrite-unsupported",
                      fmt::format("the filesystem of partition {} ({}) cannot be written here",
                                  base::quoted(request.partition), request.mount_point),
                      "leave what is on it as it is");
  }
  const PlannedFilesystem planned = writer->plan_rewrite(
      {.original = request.original,
       .place = {.partition = request.partition, .mount_point = request.mount_point},
       .epoch = request.epoch,
       .uuid = request.uuid},
      request.tree);
  return [planned](const PartitionPlace& place, const base::Cancellation& cancellation) {
    FileRegion region(place.fd, place.start, place.size, place.file);
    return planned.write(
        region, [](std::uint64_t, const std::string&) {}, cancellation);
  };
}

} // namespace imagewright::disk
