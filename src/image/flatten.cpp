// SPDX-License-Identifier: MIT
#include "image/flatten.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "image/corrupt.hpp"
#include "image/format.hpp"

namespace imagewright::image {

namespace {

constexpr std::string_view k_flatten_job = "flatten-image";
constexpr std::size_t k_chunk_size = std::size_t{1} << 20U;
constexpr std::uint64_t k_sector = 512;

/// Writes what a reader gives as a plain file with holes.
void write_raw(const ImageReader& reader, int raw, const std::string& name) {
  base::Bytes buffer(k_chunk_size);
  for (const DiskExtent& extent : reader.data_extents()) {
    for (std::uint64_t done = 0; done < extent.length;) {
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), extent.length - done));
      reader.read(extent.offset + done, piece);
      if (!is_all_zero(piece)) fs::write_exactly(raw, piece, extent.offset + done, name);
      done += piece.size();
    }
  }
  if (::ftruncate(raw, static_cast<off_t>(reader.size())) != 0)
    base::throw_system_error("fs.cannot-write", "cannot set the size of", name, errno);
}

/// The GUID of the partition table, or a name made from the content.
base::Uuid identify(const ImageReader& reader) {
  // UEFI specification 2.10, table 5.5: signature at 0, disk GUID at 56.
  for (const std::uint64_t sector : {k_sector, 8 * k_sector}) {
    if (text_at(reader, sector, 8) != "EFI PART") continue;
    base::Bytes header(k_sector);
    reader.read(sector, header);
    return base::get_guid(header, 56);
  }
  base::Hasher hasher;
  hasher.update(fmt::format("{}\n", reader.size()));
  base::Bytes buffer(k_chunk_size);
  // From one multiple to the next, each once: which bytes are stored is the host's choice.
  std::uint64_t next = 0;
  for (const DiskExtent& extent : reader.data_extents()) {
    next = std::max(next, extent.offset / k_chunk_size * k_chunk_size);
    for (; next < extent.offset + extent.length; next += k_chunk_size) {
      const std::uint64_t offset = next;
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

std::string encode(const FlatDisk& disk) {
  sandbox::ByteWriter writer;
  writer.number(disk.image_size).number(disk.size).number(disk.sector_size);
  writer.text(disk.disk_uuid.to_string()).number(static_cast<std::uint64_t>(disk.backup));
  writer.flag(disk.is_image_itself);
  return writer.take();
}

FlatDisk decode(std::string_view bytes) {
  sandbox::ByteReader reader(bytes);
  FlatDisk disk;
  disk.image_size = reader.number();
  disk.size = reader.number();
  const std::uint64_t sector_size = reader.number();
  const auto uuid = base::Uuid::parse(reader.text());
  disk.backup = reader.choice(disk::MovedBackup::damaged);
  disk.is_image_itself = reader.flag();
  if (!reader.at_end()) throw base::BugError("there is more than a disk");
  if (!uuid) throw base::BugError("the identifier of a disk is none");
  if (sector_size != k_sector && sector_size != 8 * k_sector)
    throw base::BugError("a disk has impossible sectors");
  if (disk.size < disk.image_size || disk.size > std::numeric_limits<std::int64_t>::max())
    throw base::BugError("a disk has an impossible size");
  disk.sector_size = static_cast<std::uint32_t>(sector_size);
  disk.disk_uuid = *uuid;
  return disk;
}

disk::MovedBackup grow(int raw, const std::string& name, const FlatDisk& flat) {
  if (::ftruncate(raw, static_cast<off_t>(flat.size)) != 0)
    base::throw_system_error("fs.cannot-write", "cannot set the size of", name, errno);
  return disk::move_backup_table(raw, flat.image_size, flat.size, name);
}

std::string flatten_image(const sandbox::WorkerCall& call) {
  const HandedImages images(call);
  const int raw = images.descriptors().front();
  const std::string& name = images.name(0);
  const auto output =
      static_cast<model::ImageFormat>(sandbox::ByteReader(images.request()).number());
  const auto reader = images.open(0);
  if (reader->size() == 0) throw_unsupported(name, "its disk has no bytes");
  disk::require_whole_partitions(*reader);
  const base::ByteSize unit = model::row_of(output).size_unit;
  FlatDisk disk{.image_size = reader->size(),
                .size = base::ByteSize(reader->size()).rounded_up_to(unit).bytes(),
                .sector_size = reader->sector_size()};
  disk_format(output).writer->check_size(disk.size);
  disk.disk_uuid = identify(*reader);
  disk.is_image_itself = reader->format() == model::ImageFormat::raw &&
                         reader->size() == disk.size && !images.is_compressed(0);
  if (disk.is_image_itself) return encode(disk);
  write_raw(*reader, raw, name);
  if (disk.size != disk.image_size) disk.backup = grow(raw, name, disk);
  return encode(disk);
}

} // namespace

FlatDisk flatten(const ImageFile& image, model::ImageFormat output, int raw,
                 const base::Cancellation& cancellation) {
  sandbox::WorkerRequest request{
      .job = k_flatten_job,
      .subject = "the image " + base::quoted(image.name),
      .request = sandbox::ByteWriter().number(static_cast<std::uint64_t>(output)).take(),
      .descriptors = {raw}};
  return sandbox::ask_worker(request_to_read(std::span(&image, 1), std::move(request)),
                             cancellation, &decode);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_flatten_job, .run = &flatten_image}};
  return jobs;
}

} // namespace imagewright::image
