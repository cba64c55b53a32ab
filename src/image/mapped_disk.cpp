// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/mapped_disk.hpp>

#include "image/compressed.hpp"
#include "image/corrupt.hpp"
#include "image/disk_pieces.hpp"
#include "image/format.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_largest = std::numeric_limits<std::int64_t>::max();

/// Copies what only the reader can tell to the end of the room, but for its zeros.
void copy_to_room(const ImageReader& disk, const MappedExtent& extent, int room,
                  const std::string& name) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(extent.length, k_unit_size));
  for (std::uint64_t done = 0; done < extent.length; done += buffer.size()) {
    const auto piece =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), extent.length - done));
    disk.read(extent.offset + done, piece);
    if (!is_all_zero(piece)) fs::write_exactly(room, piece, extent.place + done, name);
  }
}

std::uint64_t end_of(int file) {
  const off_t end = file < 0 ? 0 : ::lseek(file, 0, SEEK_END);
  return end < 0 ? 0 : static_cast<std::uint64_t>(end);
}

[[noreturn]] void no_disk(const char* why) {
  throw base::BugError(why);
}

} // namespace

bool may_need_room(const ImageFile& image) {
  if (image.room) return true;
  constexpr std::array<std::string_view, 2> k_signatures = {"QFI\xfb", "vhdxfile"};
  const FileSource file(fs::UniqueFd(::dup(image.file.get())), image.name);
  return std::ranges::any_of(k_signatures, [&](std::string_view signature) {
    return text_at(file, 0, signature.size()) == signature;
  });
}

fs::UniqueFd room_for_clusters() {
  return nameless_file();
}

DiskMap map_disk(const ImageReader& disk, int room, const std::string& name) {
  DiskMap map{.format = disk.format(),
              .size = disk.size(),
              .sector_size = disk.sector_size(),
              .extents = {}};
  std::uint64_t room_end = 0;
  for (const StoredExtent& extent : disk.stored_extents()) {
    MappedExtent mapped{.offset = extent.offset,
                        .length = extent.length,
                        .place = extent.place.value_or(room_end),
                        .is_in_room = !extent.place};
    if (mapped.is_in_room) {
      if (room < 0) throw_unsupported(name, "there is no room to expand it");
      copy_to_room(disk, mapped, room, name);
      room_end += mapped.length;
    }
    map.extents.push_back(mapped);
  }
  if (room_end > 0 && ::ftruncate(room, static_cast<off_t>(room_end)) != 0)
    base::throw_system_error("fs.cannot-write", "cannot set the size of a copy of", name, errno);
  return map;
}

void encode(sandbox::ByteWriter& writer, const DiskMap& map) {
  const auto& [format, size, sector_size, extents] = map;
  writer.number(static_cast<std::uint64_t>(format)).number(size).number(sector_size);
  writer.number(extents.size());
  for (const auto& [offset, length, place, is_in_room] : extents)
    writer.number(offset).number(length).number(place).flag(is_in_room);
}

DiskMap decode_disk_map(sandbox::ByteReader& reader) {
  DiskMap map;
  const std::uint64_t format = reader.number();
  const auto formats = disk_formats();
  const auto row = std::ranges::find(formats, format, [](const DiskFormat& each) {
    return static_cast<std::uint64_t>(each.format);
  });
  if (row == formats.end()) no_disk("a disk has no format");
  map.format = row->format;
  map.size = reader.number();
  const std::uint64_t sector_size = reader.number();
  if (map.size > k_largest || (sector_size != 512 && sector_size != 4096))
    no_disk("a disk has an impossible size");
  map.sector_size = static_cast<std::uint32_t>(sector_size);
  std::uint64_t free_from = 0;
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    MappedExtent extent;
    extent.offset = reader.number();
    extent.length = reader.number();
    extent.place = reader.number();
    extent.is_in_room = reader.flag();
    const bool is_inside = extent.offset >= free_from && extent.offset <= map.size &&
                           extent.length <= map.size - extent.offset && extent.length > 0;
    if (!is_inside) no_disk("a stretch is not inside of its disk");
    free_from = extent.offset + extent.length;
    map.extents.push_back(extent);
  }
  return map;
}

MappedDisk::MappedDisk(DiskMap map, int file, int room, std::string name)
    : map_(std::move(map)), file_(file), room_(room), name_(std::move(name)) {
  const std::uint64_t file_end = end_of(file_);
  const std::uint64_t room_end = end_of(room_);
  for (const MappedExtent& extent : map_.extents) {
    const std::uint64_t end = extent.is_in_room ? room_end : file_end;
    if (extent.place > end || extent.length > end - extent.place)
      no_disk("a stretch of a disk is beyond the end of its file");
  }
}

void MappedDisk::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  check_range(*this, offset, buffer.size(), name_);
  const std::uint64_t end = offset + buffer.size();
  auto extent = std::ranges::upper_bound(
      map_.extents, offset, {}, [](const MappedExtent& each) { return each.offset + each.length; });
  while (offset < end) {
    const bool is_last = extent == map_.extents.end() || extent->offset >= end;
    const std::uint64_t start = is_last ? end : std::max(offset, extent->offset);
    std::ranges::fill(buffer.first(start - offset), std::byte{0});
    buffer = buffer.subspan(start - offset);
    offset = start;
    if (is_last) return;
    const auto length =
        std::min<std::uint64_t>(buffer.size(), extent->offset + extent->length - offset);
    fs::read_exactly(extent->is_in_room ? room_ : file_, buffer.first(length),
                     extent->place + (offset - extent->offset), name_);
    buffer = buffer.subspan(length);
    offset += length;
    ++extent;
  }
}

std::optional<fs::FilePlace> MappedDisk::find_place(std::uint64_t offset,
                                                    std::uint64_t length) const {
  const auto extent = std::ranges::upper_bound(
      map_.extents, offset, {}, [](const MappedExtent& each) { return each.offset + each.length; });
  if (extent == map_.extents.end() || offset < extent->offset) return std::nullopt;
  const std::uint64_t within = offset - extent->offset;
  return fs::FilePlace{.file = extent->is_in_room ? room_ : file_,
                       .offset = extent->place + within,
                       .length = std::min(length, extent->length - within)};
}

std::vector<DiskExtent> MappedDisk::data_extents() const {
  std::vector<DiskExtent> extents;
  for (const MappedExtent& extent : map_.extents)
    append_extent(extents, DiskExtent{extent.offset, extent.length});
  return extents;
}

} // namespace imagewright::image
