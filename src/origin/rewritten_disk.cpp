// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/tree/split.hpp>

#include "partition_tree.hpp"

namespace imagewright::origin {

namespace {

constexpr std::uint64_t k_piece_size = std::uint64_t{1} << 20U;
/// What is zero in units of this size stays a hole.
constexpr std::uint64_t k_unit_size = std::uint64_t{64} << 10U;

struct Change {
  const BaseFilesystem* filesystem = nullptr;
  disk::PlannedRewrite rewrite;
  std::size_t outcome = 0;
};

struct Plan {
  std::vector<PartitionOutcome> outcomes;
  std::vector<Change> changes;
};

[[noreturn]] void refuse_verified(const BaseFilesystem& filesystem, const std::string& path) {
  throw base::Error(
      base::FailureKind::input, "origin.verified-partition",
      fmt::format("{} would change, and dm-verity vouches for the content of partition {} ({})",
                  base::quoted(path), base::quoted(filesystem.name()), filesystem.mount_point),
      "change nothing on it: its hashes cannot be made anew here");
}

Plan plan(const DiskRequest& request) {
  std::vector<std::string> mounts;
  for (const BaseFilesystem& filesystem : request.base.filesystems())
    mounts.push_back(filesystem.mount_point);
  auto parts = tree::split_at_mounts(request.tree.tree, mounts);
  Plan plan;
  for (std::size_t number = 0; number < request.base.filesystems().size(); ++number) {
    const BaseFilesystem& filesystem = request.base.filesystems()[number];
    auto tree = with_hidden_files(std::move(parts.at(filesystem.mount_point)), request, number);
    PartitionOutcome outcome{.id = filesystem.name(),
                             .mount_point = filesystem.mount_point,
                             .size = filesystem.partition->entry.size,
                             .used = filesystem.partition->files->facts().used,
                             .file_count = tree.inodes.size()};
    if (const auto changed = first_difference(tree, request, number)) {
      if (filesystem.is_verified)
        refuse_verified(filesystem,
                        (filesystem.mount_point == "/" ? "" : filesystem.mount_point) + *changed);
      outcome.fate = PartitionFate::rewritten;
      outcome.first_change = *changed;
      plan.changes.push_back({.filesystem = &filesystem,
                              .rewrite = disk::plan_rewrite(
                                  {.original = *filesystem.partition->bytes,
                                   .partition = filesystem.name(),
                                   .mount_point = filesystem.mount_point,
                                   .tree = std::make_shared<const tree::RootTree>(std::move(tree)),
                                   .epoch = request.epoch}),
                              .outcome = plan.outcomes.size()});
    }
    plan.outcomes.push_back(std::move(outcome));
  }
  return plan;
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// Copies a stretch of the disk, but for its zeros.
void copy(const fs::ByteSource& disk, std::uint64_t start, std::uint64_t end, int file,
          const std::string& name, const base::Cancellation& cancellation) {
  std::vector<std::byte> buffer(std::min(k_piece_size, end - start));
  while (start < end) {
    cancellation.check();
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - start));
    disk.read(start, piece);
    for (std::size_t at = 0; at < piece.size(); at += k_unit_size) {
      const auto unit = piece.subspan(at, std::min<std::size_t>(k_unit_size, piece.size() - at));
      if (!is_zero(unit)) fs::write_exactly(file, unit, start + at, name);
    }
    start += piece.size();
  }
}

/// Everything outside of the partitions that are written anew.
void copy_rest(const BaseImage& base, const std::vector<Change>& changes, int file,
               const std::string& name, const base::Cancellation& cancellation) {
  std::map<std::uint64_t, std::uint64_t> skipped; // start to end
  for (const Change& change : changes) {
    const disk::PartitionEntry& entry = change.filesystem->partition->entry;
    skipped[entry.start.bytes()] = entry.start.bytes() + entry.size.bytes();
  }
  for (const image::DiskExtent& extent : base.image().disk().data_extents()) {
    std::uint64_t position = extent.offset;
    const std::uint64_t end = extent.offset + extent.length;
    for (const auto& [start, stop] : skipped) {
      if (stop <= position || start >= end) continue;
      if (start > position) copy(base.image().disk(), position, start, file, name, cancellation);
      position = std::max(position, stop);
    }
    if (position < end) copy(base.image().disk(), position, end, file, name, cancellation);
  }
}

} // namespace

std::vector<PartitionOutcome> write_disk(const DiskRequest& request,
                                         const std::filesystem::path& raw,
                                         const base::Cancellation& cancellation) {
  Plan planned = plan(request);
  fs::UnfinishedFile file(raw);
  if (::ftruncate(file.fd(), static_cast<off_t>(request.base.image().disk().size())) != 0)
    base::throw_system_error("fs.cannot-write", "cannot set the size of", raw, errno);
  copy_rest(request.base, planned.changes, file.fd(), raw.string(), cancellation);
  for (const Change& change : planned.changes) {
    const disk::PartitionEntry& entry = change.filesystem->partition->entry;
    planned.outcomes[change.outcome].used = change.rewrite({.fd = file.fd(),
                                                            .start = entry.start.bytes(),
                                                            .size = entry.size.bytes(),
                                                            .file = raw.string()},
                                                           cancellation);
  }
  file.keep();
  return std::move(planned.outcomes);
}

} // namespace imagewright::origin
