// SPDX-License-Identifier: MIT
#pragma once

// The disk of an image file as a list of stretches of bytes, which a worker found and which can be
// read anywhere: nothing of the file's format is looked at any more.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::image {

/// A stretch of the disk that is not zeros.
struct MappedExtent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t place = 0; ///< in the file, or in the room
  bool is_in_room = false;

  bool operator==(const MappedExtent&) const = default;
};

struct DiskMap {
  model::ImageFormat format = model::ImageFormat::raw;
  std::uint64_t size = 0;
  std::uint32_t sector_size = 512;
  std::vector<MappedExtent> extents; ///< in order, without overlap

  bool operator==(const DiskMap&) const = default;
};

/// Whether a worker may need a room for what the file does not hold as it is. Looks at no more than
/// the first bytes.
bool may_need_room(const ImageFile& image);
/// A file without a name for that. Throws base::Error (fs.cannot-write).
fs::UniqueFd room_for_clusters();

/// For jobs. What the file holds in another form goes into `room` (-1: there is none).
DiskMap map_disk(const ImageReader& disk, int room, const std::string& name);
void encode(sandbox::ByteWriter& writer, const DiskMap& map);
/// Throws base::BugError for what no disk can be.
DiskMap decode_disk_map(sandbox::ByteReader& reader);

/// Reads by the map.
class MappedDisk final : public fs::ByteSource {
public:
  /// The descriptors are borrowed; `room` may be -1. Throws base::BugError when the map leads
  /// beyond their ends.
  MappedDisk(DiskMap map, int file, int room, std::string name);

  model::ImageFormat format() const { return map_.format; }
  std::uint64_t size() const override { return map_.size; }
  std::uint32_t sector_size() const { return map_.sector_size; }
  /// Throws base::Error (image.read-beyond-end, fs.cannot-read).
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  /// Everything else is zeros.
  std::vector<DiskExtent> data_extents() const;
  /// Where the bytes from `offset` on stand in a file, as many of `length` as there are in one
  /// place; nothing: they are zeros that stand nowhere.
  std::optional<fs::FilePlace> find_place(std::uint64_t offset, std::uint64_t length) const;

private:
  DiskMap map_;
  int file_;
  int room_;
  std::string name_;
};

} // namespace imagewright::image
