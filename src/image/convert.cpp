// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/image/convert.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/model/image_format.hpp>

#include "image/big_endian.hpp"
#include "image/compressed.hpp"
#include "image/corrupt.hpp"
#include "image/format.hpp"
#include "image/grow_disk.hpp"
#include "image/output_file.hpp"

namespace imagewright::image {

namespace {

constexpr std::size_t k_chunk_size = std::size_t{1} << 20U;
constexpr std::uint64_t k_sector = 512;

/// Writes what a reader gives as a plain file with holes.
void write_raw(const ImageReader& reader, const std::filesystem::path& path,
               const base::Cancellation& cancellation) {
  OutputFile file(path);
  Bytes buffer(k_chunk_size);
  for (const DiskExtent& extent : reader.data_extents()) {
    for (std::uint64_t done = 0; done < extent.length;) {
      cancellation.check();
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), extent.length - done));
      reader.read(extent.offset + done, piece);
      if (!is_all_zero(piece)) file.write(extent.offset + done, piece);
      done += piece.size();
    }
  }
  file.set_size(reader.size());
  file.keep();
}

/// The GUID of the partition table, or a name made from the content.
base::Uuid identify(const ImageReader& reader, const base::Cancellation& cancellation) {
  // UEFI specification 2.10, table 5.5: signature at 0, disk GUID at 56.
  for (const std::uint64_t sector : {k_sector, 8 * k_sector}) {
    if (text_at(reader, sector, 8) != "EFI PART") continue;
    Bytes header(k_sector);
    reader.read(sector, header);
    return base::get_guid(header, 56);
  }
  base::Hasher hasher;
  hasher.update(fmt::format("{}\n", reader.size()));
  Bytes buffer(k_chunk_size);
  for (const DiskExtent& extent : reader.data_extents()) {
    // From one multiple to the next: which bytes are stored is the host's choice.
    for (std::uint64_t offset = extent.offset / k_chunk_size * k_chunk_size;
         offset < extent.offset + extent.length; offset += k_chunk_size) {
      cancellation.check();
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(k_chunk_size, reader.size() - offset));
      reader.read(offset, piece);
      if (is_all_zero(piece)) continue;
      hasher.update(fmt::format("{}\n", offset));
      hasher.update(piece);
    }
  }
  return base::Uuid::from_name("disk", hasher.finish().to_string());
}

/// Can the input be taken as it lies there?
bool is_plain_raw(const ConvertRequest& request, const ImageReader& reader, std::uint64_t size) {
  if (reader.format() != model::ImageFormat::raw || reader.size() != size) return false;
  return request.input_format ||
         compression_of(FileSource(request.input)) == archive::Compression::none;
}

void tell_growth(const ImageReader& reader, std::uint64_t size, GrownTable table,
                 report::Reporter& reporter) {
  const std::string sizes =
      fmt::format("the disk has {} bytes and becomes {} bytes large, which is what the format asks "
                  "for",
                  reader.size(), size);
  switch (table) {
  case GrownTable::none:
    reporter.message(report::Level::info, sizes);
    return;
  case GrownTable::moved:
    reporter.message(report::Level::info,
                     sizes + "; the backup of its partition table moved to the new end");
    return;
  case GrownTable::damaged:
    break;
  }
  reporter.warning({.severity = base::Severity::warning,
                    .code = "image.backup-not-moved",
                    .message = sizes + "; the backup of its partition table stays where it is",
                    .where = std::nullopt,
                    .related = {},
                    .context = {},
                    .hint = "the table at its start is damaged: mend it with \"sgdisk -e\""});
}

void warn_of_sectors(const ImageReader& reader, report::Reporter& reporter) {
  if (reader.sector_size() == k_sector) return;
  reporter.warning({.severity = base::Severity::warning,
                    .code = "image.other-sectors",
                    .message = fmt::format("the disk has sectors of {} bytes, and its partition "
                                           "table counts in them",
                                           reader.sector_size()),
                    .where = std::nullopt,
                    .related = {},
                    .context = {},
                    .hint = "give the new disk to a machine with sectors of that size"});
}

} // namespace

model::Artifact convert(const ConvertRequest& request, report::Reporter& reporter,
                        const base::Cancellation& cancellation) {
  const auto reader = open_image(request.input, request.input_format);
  const base::ByteSize unit = model::row_of(request.output.format).size_unit;
  const std::uint64_t size = base::ByteSize(reader->size()).rounded_up_to(unit).bytes();
  disk_format(request.output.format).writer->check_size(size);
  warn_of_sectors(*reader, reporter);
  ArtifactRequest artifacts{.disk_uuid = identify(*reader, cancellation),
                            .epoch = request.epoch,
                            .outputs = {request.output},
                            .thread_count = request.thread_count,
                            .digests = request.digests};
  if (is_plain_raw(request, *reader, size)) {
    artifacts.raw = request.input;
    return write_artifacts(artifacts, reporter, cancellation).front();
  }
  const auto directory = request.output.path.parent_path();
  const fs::TemporaryDirectory staging(directory.empty() ? "." : directory,
                                       ".imagewright-convert-");
  artifacts.raw = staging.path() / "raw";
  artifacts.raw_disk = RawDisk::consume;
  write_raw(*reader, artifacts.raw, cancellation);
  if (size != reader->size()) tell_growth(*reader, size, grow_disk(artifacts.raw, size), reporter);
  return write_artifacts(artifacts, reporter, cancellation).front();
}

} // namespace imagewright::image
