// SPDX-License-Identifier: MIT
// Composable OS Image specification 1.2, "Tar File Layout" and "Disk Region Images".
#include "image/cosi/writer.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <zstd.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "image/cosi/archive.hpp"
#include "image/cosi/metadata.hpp"

namespace imagewright::image {

namespace {

using cosi::Region;

constexpr std::uint64_t k_sector = 512;
constexpr int k_usual_level = 9;
/// As long as any number that comes later.
constexpr std::uint64_t k_longest_number = 9'999'999'999'999'999'999U;
constexpr std::size_t k_digest_digits = 96;

/// A disk that is being written as one that can be read.
class DiskSource final : public fs::ByteSource {
public:
  explicit DiskSource(const SourceDisk& disk) : disk_(disk) {}

  std::uint64_t size() const override { return disk_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    disk_.read(offset, buffer);
  }

private:
  const SourceDisk& disk_;
};

/// A region together with the place of its bytes.
struct PlacedRegion {
  Region region;
  std::uint64_t start = 0;
};

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw base::Error(base::FailureKind::input, "image.unfit-for-cosi", what, hint);
}

/// UEFI 2.10, table 5.5: where the entries of the first copy end.
std::uint64_t end_of_table(const SourceDisk& disk) {
  std::vector<std::byte> header(k_sector);
  disk.read(k_sector, header);
  using base::little_endian::get;
  const auto array = get<std::uint64_t>(header, 72);
  const std::uint64_t entries =
      std::uint64_t{get<std::uint32_t>(header, 80)} * get<std::uint32_t>(header, 84);
  return array * k_sector + (entries + k_sector - 1) / k_sector * k_sector;
}

std::vector<PlacedRegion> regions_of(const SourceDisk& disk) {
  const disk::PartitionTable table = disk::read_partition_table(DiskSource(disk));
  if (!table.complaint.empty())
    refuse("the partition table at the start of the disk is damaged: " + table.complaint,
           "mend it with \"sgdisk -e\"");
  if (table.sector_size != k_sector)
    refuse("the disk has sectors of 4096 bytes", "write it as raw or VHDX");
  std::vector<PlacedRegion> regions{
      {.region = {.image = {.path = "images/gpt.raw.zst", .size = end_of_table(disk)}}}};
  std::vector<disk::PartitionEntry> entries = table.partitions;
  std::ranges::sort(entries, {}, [](const auto& entry) { return entry.start.bytes(); });
  std::uint64_t free_from = regions.front().region.image.size;
  for (const disk::PartitionEntry& entry : entries) {
    if (entry.start.bytes() < free_from)
      refuse(fmt::format("partition {} begins where something else stands",
                         base::quoted(entry.name())),
             "write the disk as raw or VHDX");
    free_from = entry.start.bytes() + entry.size.bytes();
    regions.push_back(
        {.region = {.image = {.path = fmt::format("images/partition-{}.raw.zst", entry.number),
                              .size = entry.size.bytes()},
                    .partition = entry.number},
         .start = entry.start.bytes()});
  }
  return regions;
}

/// Whoever described the disk read it elsewhere.
void require_region(const std::vector<PlacedRegion>& regions, std::uint32_t partition) {
  const auto is_it = [&](const PlacedRegion& each) { return each.region.partition == partition; };
  if (partition == 0 || std::ranges::none_of(regions, is_it))
    sandbox::throw_no_answer("the image", "it describes partitions that the disk does not have");
}

void require_regions(const std::vector<PlacedRegion>& regions,
                     const model::DiskDescription& description) {
  for (const model::DescribedFilesystem& each : description.filesystems) {
    require_region(regions, each.partition);
    if (each.hashes) require_region(regions, each.hashes->partition);
  }
}

/// What installers refuse only on the machine.
void check_description(const model::DiskDescription& description) {
  constexpr std::string_view k_system_partition = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
  std::set<std::string> mount_points;
  std::size_t system_partitions = 0;
  for (const model::DescribedFilesystem& each : description.filesystems) {
    if (!mount_points.insert(each.mount_point).second)
      refuse(fmt::format("two filesystems are mounted at {}", base::quoted(each.mount_point)),
             "correct the image's /etc/fstab");
    if (each.partition_type.to_string() == k_system_partition) ++system_partitions;
  }
  if (system_partitions != 1)
    refuse(fmt::format("the image mounts {} EFI system partitions, and COSI files have one",
                       system_partitions),
           "make an image that starts by UEFI, with its EFI system partition in /etc/fstab");
}

struct CompressorCloser {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

/// One region as a member of the archive.
class RegionWriter {
public:
  RegionWriter(OutputFile& file, std::uint64_t place, int level)
      : file_(file), place_(place), compressor_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize()) {
    IMAGEWRIGHT_ASSERT(compressor_ != nullptr);
    set(ZSTD_c_compressionLevel, level);
    set(ZSTD_c_checksumFlag, 1);
    set(ZSTD_c_contentSizeFlag, 1);
  }

  void expect(std::uint64_t size) {
    const std::size_t code = ZSTD_CCtx_setPledgedSrcSize(compressor_.get(), size);
    IMAGEWRIGHT_ASSERT(ZSTD_isError(code) == 0);
  }

  void take(std::span<const std::byte> plain, bool is_last) {
    ZSTD_inBuffer input{plain.data(), plain.size(), 0};
    const ZSTD_EndDirective directive = is_last ? ZSTD_e_end : ZSTD_e_continue;
    for (bool is_done = false; !is_done;) {
      ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(compressor_.get(), &output, &input, directive);
      if (ZSTD_isError(left) != 0)
        throw base::BugError(fmt::format("zstd cannot compress: {}", ZSTD_getErrorName(left)));
      write(std::span(buffer_).first(output.pos));
      is_done = is_last ? left == 0 : input.pos == input.size;
    }
  }

  std::uint64_t size() const { return size_; }
  std::string sha384() { return hasher_.finish().hex; }

private:
  void set(ZSTD_cParameter parameter, int value) {
    const std::size_t code = ZSTD_CCtx_setParameter(compressor_.get(), parameter, value);
    IMAGEWRIGHT_ASSERT(ZSTD_isError(code) == 0);
  }

  void write(std::span<const std::byte> piece) {
    if (piece.empty()) return;
    file_.write(place_ + size_, piece);
    hasher_.update(piece);
    size_ += piece.size();
  }

  OutputFile& file_;
  std::uint64_t place_;
  std::unique_ptr<ZSTD_CCtx, CompressorCloser> compressor_;
  base::Hasher hasher_{base::DigestAlgorithm::sha384};
  std::vector<std::byte> buffer_;
  std::uint64_t size_ = 0;
};

std::uint64_t padded(std::uint64_t size) {
  return (size + cosi::k_block - 1) / cosi::k_block * cosi::k_block;
}

class CosiWriter {
public:
  CosiWriter(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
             const base::Cancellation& cancellation)
      : file_(file), disk_(disk), request_(request), cancellation_(cancellation),
        regions_(regions_of(disk)) {
    require_regions(regions_, *request.description);
  }

  std::uint64_t write() {
    const std::size_t room = metadata_room();
    place_ = cosi::k_block; // the marker has no content
    place_ += cosi::k_block + padded(room);
    for (PlacedRegion& region : regions_)
      write_region(region);
    const std::uint64_t size = place_ + 2 * cosi::k_block;
    file_.set_size(size);
    // The metadata stand before what they tell of.
    file_.digest_afterwards();
    file_.write(0, cosi::member_header(cosi::k_marker, 0));
    file_.write(cosi::k_block, cosi::member_header(cosi::k_metadata, room));
    std::string text = metadata_text();
    IMAGEWRIGHT_ASSERT(text.size() <= room);
    text.resize(room, ' ');
    file_.write(2 * cosi::k_block, std::as_bytes(std::span(text)));
    return size;
  }

private:
  std::string metadata_text() const {
    std::vector<Region> regions;
    for (const PlacedRegion& each : regions_)
      regions.push_back(each.region);
    return cosi::metadata_text(*request_.description, disk_.size(), regions);
  }

  /// What the metadata take at most, whatever the sizes and digests will be: blanks behind them are
  /// JSON too.
  std::size_t metadata_room() {
    for (PlacedRegion& each : regions_) {
      each.region.image.compressed_size = k_longest_number;
      each.region.image.sha384.assign(k_digest_digits, '0');
    }
    return metadata_text().size();
  }

  void write_region(PlacedRegion& region) {
    cosi::ImageRecord& image = region.region.image;
    const std::uint64_t header = place_;
    place_ += cosi::k_block;
    RegionWriter writer(file_, place_, request_.output.level.value_or(k_usual_level));
    writer.expect(image.size);
    std::vector<std::byte> buffer(std::size_t{1} << 20U);
    for (std::uint64_t done = 0; done < image.size;) {
      cancellation_.check();
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), image.size - done));
      disk_.read(region.start + done, piece);
      done += piece.size();
      writer.take(piece, done == image.size);
    }
    image.compressed_size = writer.size();
    image.sha384 = writer.sha384();
    file_.write(header, cosi::member_header(image.path, image.compressed_size));
    place_ += padded(image.compressed_size);
  }

  OutputFile& file_;
  const SourceDisk& disk_;
  const FormatRequest& request_;
  const base::Cancellation& cancellation_;
  std::vector<PlacedRegion> regions_;
  std::uint64_t place_ = 0;
};

} // namespace

std::uint64_t write_cosi(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
                         const base::Cancellation& cancellation) {
  IMAGEWRIGHT_ASSERT(request.description != nullptr);
  check_description(*request.description);
  return CosiWriter(file, disk, request, cancellation).write();
}

} // namespace imagewright::image
