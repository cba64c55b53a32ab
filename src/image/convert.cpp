// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/guid.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/image/convert.hpp>
#include <imagewright/image/image_reader.hpp>

#include "image/big_endian.hpp"
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

/// The GUID of the partition table, or a name made from the digest of the input.
base::Uuid identify(const ImageReader& reader, const std::filesystem::path& input) {
  // UEFI specification 2.10, table 5.5: signature at 0, disk GUID at 56.
  if (reader.size() >= 2 * k_sector) {
    Bytes header(k_sector);
    reader.read(k_sector, header);
    if (base::as_text(std::span(header).first(8)) == "EFI PART") return base::get_guid(header, 56);
  }
  return base::Uuid::from_name("disk", fs::digest_of_file(input).to_string());
}

} // namespace

model::Artifact convert(const ConvertRequest& request, report::Reporter& reporter,
                        const base::Cancellation& cancellation) {
  const auto reader = open_image(request.input);
  ArtifactRequest artifacts{.disk_uuid = identify(*reader, request.input),
                            .epoch = request.epoch,
                            .outputs = {request.output},
                            .thread_count = request.thread_count};
  if (reader->format() == model::ImageFormat::raw) {
    artifacts.raw = request.input;
    return write_artifacts(artifacts, reporter, cancellation).front();
  }
  const auto directory = request.output.path.parent_path();
  const fs::TemporaryDirectory staging(directory.empty() ? "." : directory,
                                       ".imagewright-convert-");
  artifacts.raw = staging.path() / "raw";
  artifacts.raw_disk = RawDisk::consume;
  write_raw(*reader, artifacts.raw, cancellation);
  return write_artifacts(artifacts, reporter, cancellation).front();
}

} // namespace imagewright::image
