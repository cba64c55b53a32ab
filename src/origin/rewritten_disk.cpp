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
#include <imagewright/base/zeros.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/tree/late_text.hpp>
#include <imagewright/tree/split.hpp>

#include "lending.hpp"
#include "partition_tree.hpp"
#include "places.hpp"

namespace imagewright::origin {

namespace {

constexpr std::uint64_t k_piece_size = std::uint64_t{1} << 20U;
/// What is zero in units of this size stays a hole.
constexpr std::uint64_t k_unit_size = std::uint64_t{64} << 10U;

/// The files of one filesystem, as they shall be.
struct Part {
  const BaseFilesystem* filesystem = nullptr;
  std::shared_ptr<tree::RootTree> tree;
  std::optional<std::string> first_change; ///< a path in it; absent: it is what the base has
};

struct Change {
  const BaseFilesystem* filesystem = nullptr;
  /// `rewrite` looks at it when it writes: root hashes come in between.
  std::shared_ptr<tree::RootTree> tree;
  disk::PlannedRewrite rewrite;
  std::size_t outcome = 0;
  bool is_verified = false; ///< then or now: its hashes come first, others may hold the root hash
};

/// A tree where there was none.
struct NewTree {
  const NewVerity* verity = nullptr;
  const BasePartition* data = nullptr;
  const BasePartition* hashes = nullptr;
};

struct Plan {
  explicit Plan(const DiskRequest& request) : places(request.base, request.places) {}

  std::vector<NewTree> new_trees;
  std::vector<PartitionOutcome> outcomes;
  std::vector<Change> changes;
  model::RootHashes root_hashes; ///< those that stay as they are
  Places places;
};

[[noreturn]] void refuse_verified(const Part& part, const DiskRequest& request) {
  const BaseFilesystem& filesystem = *part.filesystem;
  const std::string path =
      (filesystem.mount_point == "/" ? "" : filesystem.mount_point) + *part.first_change;
  const bool is_unknown = request.verity_hashes == VerityHashes::made_anew;
  throw base::Error(
      base::FailureKind::input, "origin.verified-partition",
      fmt::format("{} would change, and dm-verity vouches for the content of partition {} ({})",
                  base::quoted(path), base::quoted(filesystem.name()), filesystem.mount_point),
      request.verity_hashes == VerityHashes::untouchable
          ? "files go back to other partitions only; what is verified changes with \"imagewright "
            "customize\", additionalFiles and storage.reinitializeVerity: all"
      : is_unknown
          ? "its hashes are not found on the disk, so that they cannot be made anew: change "
            "nothing on it"
          : "change nothing on it, or add storage.reinitializeVerity: all, which makes its "
            "hashes anew");
}

bool makes_hashes_anew(const Part& part, const DiskRequest& request) {
  return part.filesystem->is_verified && part.first_change &&
         request.verity_hashes == VerityHashes::made_anew && part.filesystem->hashes != nullptr &&
         !part.filesystem->verity_name().empty();
}

const NewVerity* new_verity_on(const Part& part, const DiskRequest& request) {
  const auto found =
      std::ranges::find(request.new_verity, part.filesystem->mount_point, &NewVerity::mount_point);
  return found == request.new_verity.end() ? nullptr : &*found;
}

bool is_verified_then(const Part& part, const DiskRequest& request) {
  return part.filesystem->is_verified || new_verity_on(part, request) != nullptr;
}

std::vector<Part> parts_of(const DiskRequest& request) {
  std::vector<std::string> mounts;
  for (const BaseFilesystem& filesystem : request.base.filesystems())
    mounts.push_back(filesystem.mount_point);
  auto trees = tree::split_at_mounts(request.tree, mounts);
  std::vector<Part> parts;
  for (std::size_t number = 0; number < request.base.filesystems().size(); ++number) {
    const BaseFilesystem& filesystem = request.base.filesystems()[number];
    Part& part = parts.emplace_back();
    part.filesystem = &filesystem;
    part.tree = std::make_shared<tree::RootTree>(
        with_hidden_files(std::move(trees.at(filesystem.mount_point)), request, number));
    part.first_change = first_difference(*part.tree, request, number);
    // Its identifier is in its superblock, on which everything else depends.
    const bool is_grown = Places(request.base, request.places).is_grown(*filesystem.partition);
    if ((request.identifiers != nullptr || is_grown) && !part.first_change) part.first_change = "/";
    const bool is_refused =
        filesystem.is_verified && part.first_change && !makes_hashes_anew(part, request);
    if (is_refused) refuse_verified(part, request);
  }
  return parts;
}

/// Where the root hash of a device goes, outside of what it verifies; nothing: nowhere.
std::optional<std::string> find_late_place(const Part& part, const DiskRequest& request,
                                           const std::string& name) {
  if (is_verified_then(part, request)) return std::nullopt;
  for (const tree::Entry& entry : part.tree->entries) {
    for (const tree::LatePlace& place : part.tree->inodes[entry.inode].late_places) {
      if (place.name == name) return entry.path;
    }
  }
  return std::nullopt;
}

[[noreturn]] void refuse_unnamed(const BaseFilesystem& filesystem) {
  throw base::Error(
      base::FailureKind::input, "origin.no-root-hash",
      fmt::format("the content of partition {} ({}) changes, and no kernel command line outside of "
                  "it has the root hash that would change with it",
                  base::quoted(filesystem.name()), filesystem.mount_point),
      "set the boot loader up anew with os.bootloader.resetType: hard-reset, or change nothing on "
      "that partition");
}

const BasePartition* find_partition(const BaseImage& base, const std::string& name) {
  const auto& partitions = base.partitions();
  const auto found = std::ranges::find_if(
      partitions, [&](const BasePartition& each) { return each.name() == name; });
  return found == partitions.end() ? nullptr : &*found;
}

void plan_new_trees(const std::vector<Part>& parts, const DiskRequest& request, Plan& plan) {
  for (const Part& part : parts) {
    const NewVerity* verity = new_verity_on(part, request);
    if (verity == nullptr) continue;
    const auto* hashes = find_partition(request.base, verity->hash_partition);
    IMAGEWRIGHT_ASSERT(hashes != nullptr);
    plan.new_trees.push_back(
        {.verity = verity, .data = part.filesystem->partition, .hashes = hashes});
  }
}

/// What names a root hash that changes, changes as well.
void follow_root_hashes(std::vector<Part>& parts, const DiskRequest& request, Plan& plan) {
  for (const Part& verified : parts) {
    const NewVerity* fresh = new_verity_on(verified, request);
    const bool has_hashes =
        verified.filesystem->is_verified && verified.filesystem->hashes != nullptr;
    if (fresh == nullptr && !has_hashes) continue;
    const std::string name = fresh != nullptr ? fresh->name : verified.filesystem->verity_name();
    const bool is_anew = fresh != nullptr || makes_hashes_anew(verified, request);
    bool is_named = false;
    for (Part& part : parts) {
      const auto place = find_late_place(part, request, name);
      is_named = is_named || place;
      if (is_anew && place && !part.first_change) part.first_change = place;
    }
    if (is_anew && !is_named) refuse_unnamed(*verified.filesystem);
    if (!is_anew && is_named) plan.root_hashes[name] = verified.filesystem->verity_tree().root_hash;
  }
}

PartitionOutcome outcome_of(const Part& part) {
  const BaseFilesystem& filesystem = *part.filesystem;
  return {.id = filesystem.name(),
          .mount_point = filesystem.mount_point,
          .fate = part.first_change ? PartitionFate::rewritten : PartitionFate::carried,
          .size = filesystem.partition->entry.size,
          .used = filesystem.partition->filesystem->used,
          .file_count = part.tree->inodes.size(),
          .first_change = part.first_change.value_or("")};
}

std::optional<base::Uuid> new_uuid(const BaseFilesystem& filesystem, const DiskRequest& request) {
  if (request.identifiers == nullptr) return std::nullopt;
  const model::Partition* partition =
      Places(request.base, request.identifiers).find(*filesystem.partition);
  IMAGEWRIGHT_ASSERT(partition != nullptr && partition->filesystem);
  return partition->filesystem->uuid;
}

/// What has hashes comes first: the others may hold these.
Plan plan(const DiskRequest& request) {
  Plan plan(request);
  const Places& places = plan.places;
  std::vector<Part> parts = parts_of(request);
  follow_root_hashes(parts, request, plan);
  plan_new_trees(parts, request, plan);
  std::stable_partition(parts.begin(), parts.end(),
                        [&](const Part& part) { return is_verified_then(part, request); });
  for (const Part& part : parts) {
    const BaseFilesystem& filesystem = *part.filesystem;
    if (part.first_change)
      plan.changes.push_back({.filesystem = &filesystem,
                              .tree = part.tree,
                              .rewrite = disk::plan_rewrite(
                                  {.identity = filesystem.identity,
                                   .size = places.entry_of(*filesystem.partition).size,
                                   .partition = filesystem.name(),
                                   .mount_point = filesystem.mount_point,
                                   .tree = part.tree,
                                   .epoch = request.epoch,
                                   .uuid = new_uuid(filesystem, request),
                                   .filesystem_size = places.is_grown(*filesystem.partition)
                                                          ? disk::FilesystemSize::of_partition
                                                          : disk::FilesystemSize::kept}),
                              .outcome = plan.outcomes.size(),
                              .is_verified = is_verified_then(part, request)});
    plan.outcomes.push_back(outcome_of(part));
    plan.outcomes.back().size = places.entry_of(*filesystem.partition).size;
  }
  return plan;
}

struct RawFile {
  int fd = -1;
  std::string name;
  fs::BorrowedBytes* borrowed = nullptr; ///< null: everything is copied
};

/// Copies a stretch of the disk, but for its zeros.
void copy(const fs::ByteSource& disk, Stretch stretch, const RawFile& raw,
          const base::Cancellation& cancellation) {
  std::vector<std::byte> buffer(std::min(k_piece_size, stretch.end - stretch.start));
  while (stretch.start < stretch.end) {
    cancellation.check();
    const auto piece = std::span(buffer).first(
        std::min<std::uint64_t>(buffer.size(), stretch.end - stretch.start));
    disk.read(stretch.start, piece);
    for (std::size_t at = 0; at < piece.size(); at += k_unit_size) {
      const auto unit = piece.subspan(at, std::min<std::size_t>(k_unit_size, piece.size() - at));
      if (!base::is_all_zero(unit))
        fs::write_exactly(raw.fd, unit, stretch.start + stretch.shift + at, raw.name);
    }
    stretch.start += piece.size();
  }
}

/// Blocks of a partition that nobody changes stay where they are, but for what does not fit.
void pass_on(const BaseImage& base, Stretch stretch, const RawFile& raw,
             const base::Cancellation& cancellation) {
  constexpr std::uint64_t block = fs::BorrowedBytes::k_block_size;
  while (raw.borrowed != nullptr && stretch.end - stretch.start > block) {
    const std::uint64_t place = (stretch.start + stretch.shift + block - 1) / block * block;
    const std::uint64_t first = place - stretch.shift;
    const auto found = base.disk().find_place(first, stretch.end - first);
    const std::uint64_t length = found ? fs::BorrowedBytes::loan_of(found->length) : 0;
    if (length == 0) break;
    copy(base.disk(), {stretch.start, first, stretch.shift}, raw, cancellation);
    raw.borrowed->borrow(place, {found->file, found->offset, length});
    stretch.start = first + length;
  }
  copy(base.disk(), stretch, raw, cancellation);
}

/// The parts of a stretch that are within partitions are passed on, and what is between them is
/// copied: tables are there.
void carry(const BaseImage& base, Stretch stretch, const Places& places, const RawFile& raw,
           const base::Cancellation& cancellation) {
  for (const BasePartition* partition : places.in_order()) {
    const std::uint64_t start = partition->entry.start.bytes();
    const std::uint64_t end = start + partition->entry.size.bytes();
    if (end <= stretch.start || start >= stretch.end) continue;
    if (stretch.start < start) {
      copy(base.disk(), {stretch.start, start, stretch.shift}, raw, cancellation);
      stretch.start = start;
    }
    pass_on(base, {stretch.start, std::min(end, stretch.end), stretch.shift}, raw, cancellation);
    stretch.start = std::min(end, stretch.end);
  }
  copy(base.disk(), stretch, raw, cancellation);
}

disk::PartitionPlace place_of(const BasePartition& partition, const Places& places,
                              const RawFile& raw) {
  const disk::PartitionEntry entry = places.entry_of(partition);
  return {.fd = raw.fd,
          .start = entry.start.bytes(),
          .size = entry.size.bytes(),
          .file = raw.name,
          .borrowed = raw.borrowed};
}

/// Partitions that are written anew, start to end.
std::map<std::uint64_t, std::uint64_t> written_anew(const Plan& plan) {
  std::map<std::uint64_t, std::uint64_t> skipped;
  const auto skip = [&](const disk::PartitionEntry& entry) {
    skipped[entry.start.bytes()] = entry.start.bytes() + entry.size.bytes();
  };
  for (const Change& change : plan.changes)
    skip(change.filesystem->partition->entry);
  for (const NewTree& tree : plan.new_trees) {
    if (tree.hashes != tree.data) skip(tree.hashes->entry);
  }
  return skipped;
}

/// Everything outside of them.
void copy_rest(const BaseImage& base, const Plan& plan, const Places& places, const RawFile& raw,
               const base::Cancellation& cancellation) {
  const auto skipped = written_anew(plan);
  for (const image::DiskExtent& extent : base.disk().data_extents()) {
    for (const Stretch& stretch : places.stretches()) {
      std::uint64_t position = std::max(extent.offset, stretch.start);
      const std::uint64_t end = std::min(extent.offset + extent.length, stretch.end);
      for (const auto& [start, stop] : skipped) {
        if (stop <= position || start >= end) continue;
        if (start > position)
          carry(base, {position, start, stretch.shift}, places, raw, cancellation);
        position = std::max(position, stop);
      }
      if (position < end) carry(base, {position, end, stretch.shift}, places, raw, cancellation);
    }
  }
}

void write_change(const Change& change, Plan& plan, const RawFile& raw,
                  const base::Cancellation& cancellation) {
  const disk::PartitionPlace data = place_of(*change.filesystem->partition, plan.places, raw);
  plan.outcomes[change.outcome].used = change.rewrite(data, cancellation);
}

void make_hashes_anew(const BaseFilesystem& filesystem, Plan& plan, const RawFile& raw,
                      const base::Cancellation& cancellation) {
  plan.root_hashes[filesystem.verity_name()] =
      disk::rewrite_verity_tree({.data = place_of(*filesystem.partition, plan.places, raw),
                                 .hashes = place_of(*filesystem.hashes, plan.places, raw),
                                 .tree_offset = filesystem.hashes->verity_offset},
                                filesystem.verity_tree(), cancellation);
}

void write_changes(Plan& plan, const RawFile& raw, const base::Cancellation& cancellation) {
  for (const Change& change : plan.changes) {
    if (!change.is_verified) continue;
    write_change(change, plan, raw, cancellation);
    if (change.filesystem->is_verified)
      make_hashes_anew(*change.filesystem, plan, raw, cancellation);
  }
  for (const NewTree& tree : plan.new_trees) {
    plan.root_hashes[tree.verity->name] =
        disk::rewrite_verity_tree({.data = place_of(*tree.data, plan.places, raw),
                                   .hashes = place_of(*tree.hashes, plan.places, raw),
                                   .tree_offset = tree.verity->tree_offset},
                                  tree.verity->tree, cancellation);
  }
  for (const Change& change : plan.changes) {
    if (change.is_verified) continue;
    *change.tree = tree::with_late_texts(std::move(*change.tree), plan.root_hashes);
    write_change(change, plan, raw, cancellation);
  }
}

void rename_partitions(const DiskRequest& request, int file, const std::string& name) {
  if (request.identifiers == nullptr) return;
  const Places renewed(request.base, request.identifiers);
  std::map<std::uint32_t, base::Uuid> identifiers;
  for (const BasePartition& partition : request.base.partitions())
    identifiers[partition.entry.number] = renewed.find(partition)->uuid;
  const base::ByteSize size = Places(request.base, request.places).disk_size();
  disk::set_partition_identifiers(file, size.bytes(), name, identifiers);
}

/// Whether the file has something of its own where it borrows: what writes tables knows nothing of
/// what is borrowed.
bool hides_bytes(const RawFile& raw, const fs::BorrowedBytes& borrowed) {
  bool is_any_hidden = false;
  std::vector<std::byte> buffer(k_piece_size);
  const auto examine = [&](std::uint64_t offset, std::uint64_t end) {
    while (offset < end && !is_any_hidden) {
      const fs::FilePlace place =
          borrowed.place_of(raw.fd, offset, std::min(end - offset, k_piece_size));
      if (place.file != raw.fd) {
        const auto own = std::span(buffer).first(place.length);
        fs::read_exactly(raw.fd, own, offset, raw.name);
        is_any_hidden = !base::is_all_zero(own);
      }
      offset += place.length;
    }
  };
  fs::for_each_data_extent(raw.fd, [&](std::uint64_t offset, std::uint64_t length) {
    examine(offset, offset + length);
  });
  return is_any_hidden;
}

/// Nothing, and no file, where the disk cannot be right with what it borrows.
std::optional<RewrittenDisk> write(const DiskRequest& request, const std::filesystem::path& raw,
                                   bool may_borrow, const base::Cancellation& cancellation) {
  Plan planned = plan(request);
  fs::UnfinishedFile file(raw);
  if (::ftruncate(file.fd(), static_cast<off_t>(planned.places.disk_size().bytes())) != 0)
    base::throw_system_error("fs.cannot-write", "cannot set the size of", raw, errno);
  RewrittenDisk disk;
  const bool borrows = may_borrow && stand_tables_alone(request.base, planned.places);
  const RawFile written{
      .fd = file.fd(), .name = raw.string(), .borrowed = borrows ? &disk.borrowed : nullptr};
  copy_rest(request.base, planned, planned.places, written, cancellation);
  disk::restore_first_table(file.fd(), raw.string(), request.base.disk());
  planned.places.write_table(file.fd(), raw.string());
  disk::settle_backup_table(file.fd(), request.base.disk().size(),
                            planned.places.disk_size().bytes(), raw.string());
  write_changes(planned, written, cancellation);
  rename_partitions(request, file.fd(), raw.string());
  if (hides_bytes(written, disk.borrowed)) return std::nullopt;
  file.keep();
  disk.partitions = std::move(planned.outcomes);
  disk.root_hashes = std::move(planned.root_hashes);
  return disk;
}

} // namespace

RewrittenDisk write_disk(const DiskRequest& request, const std::filesystem::path& raw,
                         const base::Cancellation& cancellation) {
  auto disk = write(request, raw, request.may_borrow, cancellation);
  if (!disk) disk = write(request, raw, false, cancellation);
  IMAGEWRIGHT_ASSERT(disk.has_value());
  return *std::move(disk);
}

} // namespace imagewright::origin
