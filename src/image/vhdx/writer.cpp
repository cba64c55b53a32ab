// SPDX-License-Identifier: MIT
#include "image/vhdx/writer.hpp"

#include <algorithm>
#include <concepts>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/guid.hpp>

#include "image/vhdx/layout.hpp"

namespace imagewright::image {

namespace {

using namespace vhdx;

// In whole MiB, as the specification demands, in the order of the file.
constexpr std::uint64_t k_log = 1 * k_mib;
constexpr std::uint64_t k_log_size = 1 * k_mib;
constexpr std::uint64_t k_metadata = 2 * k_mib;
constexpr std::uint64_t k_metadata_size = 1 * k_mib;
constexpr std::uint64_t k_block_table = 3 * k_mib;

constexpr std::uint32_t k_physical_sector = 4096;

/// The smallest: a block is stored as a whole, and most files of a system are small.
std::uint64_t block_size_for(std::uint64_t disk_size) {
  std::uint64_t size = k_smallest_block;
  while (divided_up(disk_size, size) > k_most_blocks)
    size *= 2;
  return size;
}

struct Shape {
  std::uint64_t block_size = 0;
  std::uint64_t block_count = 0;
  std::uint64_t blocks_per_bitmap = 0;
  std::uint64_t table_size = 0; ///< whole MiB
};

Shape shape_of(std::uint64_t disk_size) {
  Shape shape;
  shape.block_size = block_size_for(disk_size);
  shape.block_count = divided_up(disk_size, shape.block_size);
  shape.blocks_per_bitmap = blocks_per_bitmap(shape.block_size);
  const std::uint64_t length = table_length(shape.block_count, shape.blocks_per_bitmap);
  shape.table_size = std::max<std::uint64_t>(divided_up(length, k_mib), 1) * k_mib;
  return shape;
}

Bytes file_identifier() {
  Bytes bytes(k_table_size);
  base::put_text(bytes, 0, k_file_signature);
  // The creator, in UTF-16.
  std::size_t place = k_file_signature.size();
  for (const char letter : std::string_view("imagewright")) {
    put(bytes, place, static_cast<std::uint16_t>(letter));
    place += 2;
  }
  return bytes;
}

void seal(Bytes& structure) {
  put(structure, k_checksum, checksum(structure));
}

/// The header with the greater number counts.
Bytes header(std::uint64_t sequence_number, const base::Uuid& content) {
  Bytes bytes(k_header_size);
  base::put_text(bytes, 0, k_header_signature);
  put(bytes, k_header_sequence, sequence_number);
  base::put_guid(bytes, k_header_file_guid, content);
  base::put_guid(bytes, k_header_data_guid, content);
  // The log has no identifier: it has no entries.
  put(bytes, k_header_version, k_version);
  put(bytes, k_header_log_size, static_cast<std::uint32_t>(k_log_size));
  put(bytes, k_header_log_offset, k_log);
  seal(bytes);
  return bytes;
}

void put_region(Bytes& table, std::size_t index, const base::Uuid& name, std::uint64_t offset,
                std::uint64_t size) {
  const std::size_t place = k_first_region + index * k_entry_size;
  base::put_guid(table, place, name);
  put(table, place + k_entry_offset, offset);
  put(table, place + k_region_size, static_cast<std::uint32_t>(size));
  put(table, place + k_region_required, std::uint32_t{1});
}

Bytes region_table(const Shape& shape) {
  Bytes bytes(k_table_size);
  base::put_text(bytes, 0, k_region_signature);
  put(bytes, k_region_count, std::uint32_t{2});
  put_region(bytes, 0, names().block_table, k_block_table, shape.table_size);
  put_region(bytes, 1, names().metadata, k_metadata, k_metadata_size);
  seal(bytes);
  return bytes;
}

/// Adds items behind the table, one after the other.
class Metadata {
public:
  Metadata() : bytes_(k_table_size) { base::put_text(bytes_, 0, k_metadata_signature); }

  void add(const base::Uuid& name, std::uint32_t flags, const Bytes& value) {
    const std::size_t entry = k_first_item + count_ * k_entry_size;
    base::put_guid(bytes_, entry, name);
    put(bytes_, entry + k_entry_offset, static_cast<std::uint32_t>(bytes_.size()));
    put(bytes_, entry + k_item_size, static_cast<std::uint32_t>(value.size()));
    put(bytes_, entry + k_item_flags, flags | k_item_is_required);
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    put(bytes_, k_item_count, ++count_);
  }
  const Bytes& bytes() const { return bytes_; }

private:
  Bytes bytes_;
  std::uint16_t count_ = 0;
};

template <std::unsigned_integral Integer>
Bytes bytes_of(Integer value) {
  Bytes bytes(sizeof value);
  put(bytes, 0, value);
  return bytes;
}

Bytes metadata(const Shape& shape, std::uint64_t disk_size, const base::Uuid& disk_uuid) {
  Bytes id(disk_uuid.bytes.size());
  base::put_guid(id, 0, disk_uuid);
  Metadata metadata;
  // The block size, and no flags: blocks may be absent, and there is no parent.
  metadata.add(names().file_parameters, 0, bytes_of(shape.block_size));
  metadata.add(names().disk_size, k_item_is_of_disk, bytes_of(disk_size));
  metadata.add(names().disk_id, k_item_is_of_disk, id);
  metadata.add(names().logical_sector_size, k_item_is_of_disk, bytes_of(k_logical_sector));
  metadata.add(names().physical_sector_size, k_item_is_of_disk, bytes_of(k_physical_sector));
  return metadata.bytes();
}

/// The header's identifiers say which content this is: disks that hold the difference to it know it
/// by them.
base::Uuid content_name(const SourceDisk& disk, const base::Uuid& disk_uuid,
                        const base::Cancellation& cancellation) {
  base::Hasher hasher;
  Bytes buffer(k_unit_size);
  for (const std::uint64_t unit : disk.stored_units()) {
    if (unit % 64 == 0) cancellation.check();
    disk.read(unit * k_unit_size, buffer);
    hasher.update(fmt::format("{}\n", unit));
    hasher.update(buffer);
  }
  return base::Uuid::from_name(disk_uuid.to_string(), hasher.finish().to_string());
}

} // namespace

void check_vhdx_size(std::uint64_t disk_size) {
  if (disk_size <= k_largest_disk) return;
  throw base::Error(
      base::FailureKind::build, "image.size-unsupported",
      fmt::format("a VHDX cannot hold a disk of {}", base::to_string(base::ByteSize(disk_size))),
      "make the disk at most 64 TiB large, or choose another format");
}

void write_vhdx(OutputFile& file, const SourceDisk& disk, const base::Uuid& disk_uuid,
                const base::Cancellation& cancellation) {
  const Shape shape = shape_of(disk.size());
  const std::uint64_t units_per_block = shape.block_size / k_unit_size;
  Bytes table(shape.table_size);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks; // number, place
  std::uint64_t position = k_block_table + shape.table_size;
  for (std::uint64_t block = 0; block < shape.block_count; ++block) {
    if (!disk.is_any_stored(block * units_per_block, units_per_block)) continue;
    // Whole MiB: the lowest 20 bits of an entry are free for the state.
    put(table, entry_index(block, shape.blocks_per_bitmap) * 8, position | k_present);
    blocks.emplace_back(block, position);
    position += shape.block_size;
  }
  const base::Uuid content = content_name(disk, disk_uuid, cancellation);
  file.write(0, file_identifier());
  for (std::size_t copy = 0; copy < std::size(k_header_offsets); ++copy)
    file.write(k_header_offsets[copy], header(copy + 1, content));
  for (const std::uint64_t offset : k_region_table_offsets)
    file.write(offset, region_table(shape));
  file.write(k_metadata, metadata(shape, disk.size(), disk_uuid));
  file.write(k_block_table, table);
  for (const auto& [block, place] : blocks)
    file.copy_stored(disk, block * shape.block_size, place, shape.block_size, cancellation);
  file.set_size(position);
}

} // namespace imagewright::image
