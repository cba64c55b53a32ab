// SPDX-License-Identifier: MIT
#include "image/cosi/expand.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>
#include <zstd.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/zeros.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/partition_type.hpp>

#include "image/corrupt.hpp"
#include "image/cosi/archive.hpp"
#include "image/cosi/metadata.hpp"
#include "image/file_source.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image::cosi {

namespace {

constexpr std::uint64_t k_largest_metadata = std::uint64_t{64} << 20U;
/// No node has a larger disk in such a file; one that says so is told from it.
constexpr std::uint64_t k_largest_disk = base::ByteSize::gib(65'536).bytes();
/// The table of partitions, which most disks begin the first of at 1 MiB.
constexpr std::uint64_t k_largest_table = std::uint64_t{16} << 20U;
/// As many as a new table has room for.
constexpr std::size_t k_most_filesystems = 128;
/// Writers may point back this far (2 GiB), if the metadata of theirs say so.
constexpr int k_largest_window = 31;

struct DecompressorCloser {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
using Decompressor = std::unique_ptr<ZSTD_DCtx, DecompressorCloser>;

/// One image on its way to its place on the disk.
class ImageExpansion {
public:
  ImageExpansion(const ImageRecord& record, const std::string& name, int room, std::uint64_t place)
      : record_(record), name_(name), room_(room), place_(place), decompressor_(ZSTD_createDCtx()),
        buffer_(k_unit_size) {
    IMAGEWRIGHT_ASSERT(decompressor_ != nullptr);
    ZSTD_DCtx_setParameter(decompressor_.get(), ZSTD_d_windowLogMax, k_largest_window);
  }

  void take(std::span<const std::byte> compressed) {
    hasher_.update(compressed);
    ZSTD_inBuffer input{compressed.data(), compressed.size(), 0};
    // The decoder may hold more than it could give at once.
    bool is_full = false;
    while (input.pos < input.size || (is_full && left_in_frame_ != 0)) {
      ZSTD_outBuffer output{buffer_.data(), buffer_.size(), filled_};
      left_in_frame_ = ZSTD_decompressStream(decompressor_.get(), &output, &input);
      if (ZSTD_isError(left_in_frame_) != 0) corrupt(ZSTD_getErrorName(left_in_frame_));
      filled_ = output.pos;
      is_full = filled_ == buffer_.size();
      if (is_full) write();
    }
  }

  void finish() {
    write();
    if (left_in_frame_ != 0) corrupt("it is cut off");
    if (done_ != record_.size) corrupt(fmt::format("it has {} bytes", done_));
    if (!record_.sha384.empty() && hasher_.finish().hex != record_.sha384)
      corrupt("its digest is another one");
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw_corrupt_cosi(name_, fmt::format("{}: {}", base::quoted(record_.path), what));
  }

  void write() {
    const auto piece = std::span<const std::byte>(buffer_).first(filled_);
    if (piece.size() > record_.size - done_) corrupt("it is larger than the metadata say");
    if (!is_all_zero(piece)) fs::write_exactly(room_, piece, place_ + done_, name_);
    done_ += piece.size();
    filled_ = 0;
  }

  const ImageRecord& record_;
  const std::string& name_;
  int room_;
  std::uint64_t place_;
  Decompressor decompressor_;
  base::Hasher hasher_{base::DigestAlgorithm::sha384};
  std::vector<std::byte> buffer_;
  std::size_t filled_ = 0;
  std::size_t left_in_frame_ = 0;
  std::uint64_t done_ = 0;
};

base::Uuid data_type() {
  // The type is the same for all.
  return model::partition_type(model::PartitionKind::linux_generic,
                               model::all_architectures().front());
}

class Expansion {
public:
  Expansion(const fs::ByteSource& file, const std::string& name, int room)
      : file_(file), name_(name), room_(room), members_(read_members(file, name)),
        metadata_(parse_metadata(metadata_text(), name)) {}

  std::uint64_t run() {
    if (metadata_.regions.empty()) make_table();
    if (metadata_.disk_size > k_largest_disk) corrupt("its disk has an impossible size");
    set_size();
    const Region& table = metadata_.regions.front();
    if (table.partition == 0) {
      if (table.image.size > std::min(k_largest_table, metadata_.disk_size))
        corrupt("its partition table is too large");
      expand(table.image, 0);
    }
    expand_partitions(table.partition == 0 ? table.image.size : 0);
    if (disk::move_backup_table(room_, metadata_.disk_size, metadata_.disk_size, name_) !=
        disk::MovedBackup::moved)
      corrupt("it has no partition table");
    return metadata_.disk_size;
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const { throw_corrupt_cosi(name_, what); }

  const Member* find(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &Member::name);
    return found == members_.end() ? nullptr : &*found;
  }

  std::string metadata_text() const {
    const Member* member = find(k_metadata);
    if (member == nullptr) corrupt("it has no metadata");
    if (member->size > k_largest_metadata) corrupt("its metadata are too large");
    return text_at(file_, member->offset, member->size);
  }

  void set_size() const {
    if (::ftruncate(room_, static_cast<off_t>(metadata_.disk_size)) != 0)
      base::throw_system_error("fs.cannot-write", "cannot set the size of a copy of", name_, errno);
  }

  void expand(const ImageRecord& record, std::uint64_t place) const {
    const Member* member = find(record.path);
    if (member == nullptr) corrupt(fmt::format("it lacks {}", base::quoted(record.path)));
    if (member->size != record.compressed_size)
      corrupt(fmt::format("{} has another size", base::quoted(record.path)));
    ImageExpansion image(record, name_, room_, place);
    std::vector<std::byte> buffer(k_unit_size);
    for (std::uint64_t done = 0; done < member->size; done += buffer.size()) {
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), member->size - done));
      file_.read(member->offset + done, piece);
      image.take(piece);
    }
    image.finish();
  }

  void expand_partitions(std::uint64_t free_from) const {
    const FileSource disk(fs::UniqueFd(::dup(room_)), name_);
    const disk::PartitionTable table = disk::read_partition_table(disk);
    std::vector<disk::PartitionEntry> entries = table.partitions;
    std::ranges::sort(entries, {}, [](const auto& entry) { return entry.start.bytes(); });
    for (const disk::PartitionEntry& entry : entries) {
      if (entry.start.bytes() < free_from) corrupt("two of its partitions have one place");
      free_from = entry.start.bytes() + entry.size.bytes();
    }
    for (const Region& region : metadata_.regions) {
      if (region.partition == 0) continue;
      const auto entry =
          std::ranges::find(entries, region.partition, &disk::PartitionEntry::number);
      if (entry == entries.end())
        corrupt(fmt::format("there is no partition {} in its table", region.partition));
      if (region.image.size > entry->size.bytes())
        corrupt(fmt::format("{} is larger than its partition", base::quoted(region.image.path)));
      expand(region.image, entry->start.bytes());
    }
  }

  /// One after the other, each from a whole MiB on.
  void make_table() {
    constexpr std::uint64_t k_mib = base::ByteSize::mib(1).bytes();
    std::vector<disk::NewPartition> partitions;
    std::uint64_t end = k_mib;
    std::string seed;
    const auto add = [&](const ImageRecord& image, const base::Uuid& type) {
      if (image.size == 0 || image.size > k_largest_disk - end)
        corrupt(fmt::format("{} has an impossible size", base::quoted(image.path)));
      const std::uint64_t size =
          base::ByteSize(image.size).rounded_up_to(base::ByteSize(k_mib)).bytes();
      seed += fmt::format("{} {}\n", image.path, image.sha384);
      partitions.push_back({.type = type,
                            .uuid = base::Uuid::from_name("cosi partition", seed),
                            .start = base::ByteSize(end),
                            .size = base::ByteSize(size)});
      metadata_.regions.push_back(
          {.image = image, .partition = static_cast<std::uint32_t>(partitions.size())});
      end += size;
    };
    for (const Filesystem& filesystem : metadata_.filesystems) {
      add(filesystem.image,
          filesystem.partition_type == base::Uuid{} ? data_type() : filesystem.partition_type);
      if (filesystem.hashes) add(*filesystem.hashes, data_type());
    }
    if (partitions.empty() || partitions.size() > k_most_filesystems)
      corrupt("it has an impossible number of filesystems");
    metadata_.disk_size = end + k_mib;
    set_size();
    disk::write_new_table(room_, metadata_.disk_size, name_,
                          base::Uuid::from_name("cosi disk", seed), partitions);
  }

  const fs::ByteSource& file_;
  const std::string& name_;
  int room_;
  std::vector<Member> members_;
  Metadata metadata_;
};

} // namespace

std::uint64_t expand_cosi(const fs::ByteSource& file, const std::string& name, int room) {
  return Expansion(file, name, room).run();
}

} // namespace imagewright::image::cosi
