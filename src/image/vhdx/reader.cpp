// SPDX-License-Identifier: MIT
#include "image/vhdx/reader.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include <imagewright/base/guid.hpp>

#include "image/corrupt.hpp"
#include "image/disk_pieces.hpp"
#include "image/vhdx/layout.hpp"
#include "image/vhdx/log.hpp"

namespace imagewright::image {

namespace {

using namespace vhdx;

class VhdxReader final : public ImageReader {
public:
  VhdxReader(const fs::ByteSource& file, std::string name)
      : name_(std::move(name)), file_(file, find_log(file), name_) {
    find_regions();
    read_metadata();
    load_table();
  }

  std::uint64_t size() const override { return size_; }
  model::ImageFormat format() const override { return model::ImageFormat::vhdx; }
  std::uint32_t sector_size() const override { return sector_size_; }

  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    check_range(*this, offset, buffer.size(), name_);
    read_in_pieces(offset, buffer, block_size_,
                   [this](std::uint64_t block, std::uint64_t within, std::span<std::byte> part) {
                     read_in_block(block, within, part);
                   });
  }

  std::vector<DiskExtent> data_extents() const override {
    std::vector<DiskExtent> extents;
    for (std::uint64_t block = 0; block < block_count_; ++block) {
      if (!find_place(block)) continue;
      const std::uint64_t start = block * block_size_;
      append_extent(extents, {start, std::min(block_size_, size_ - start)});
    }
    return extents;
  }

  std::vector<StoredExtent> stored_extents() const override {
    std::vector<StoredExtent> extents;
    for (std::uint64_t block = 0; block < block_count_; ++block) {
      auto place = find_place(block);
      if (!place) continue;
      const std::uint64_t start = block * block_size_;
      const std::uint64_t length = std::min(block_size_, size_ - start);
      if (*place < k_mib || !file_.is_as_stored(*place, length)) place.reset();
      append_extent(extents, {start, length, place});
    }
    return extents;
  }

private:
  struct Region {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  [[noreturn]] void corrupt(const std::string& what) const {
    throw_corrupt("image.corrupt-vhdx", name_, what);
  }

  Bytes read_bytes(std::uint64_t offset, std::size_t size) const {
    return read_bytes(file_, offset, size);
  }
  static Bytes read_bytes(const fs::ByteSource& file, std::uint64_t offset, std::size_t size) {
    Bytes bytes(size);
    file.read(offset, bytes);
    return bytes;
  }

  /// A structure that has its signature and its checksum.
  static std::optional<Bytes> find_sealed(const fs::ByteSource& file, std::uint64_t offset,
                                          std::size_t size, std::string_view signature) {
    if (!is_inside(file, offset, size)) return std::nullopt;
    Bytes bytes = read_bytes(file, offset, size);
    if (base::as_text(std::span(bytes).first(signature.size())) != signature ||
        get<std::uint32_t>(bytes, k_checksum) != checksum(bytes)) {
      return std::nullopt;
    }
    return bytes;
  }

  // Section 2.2.2: of two headers the valid one with the greater number counts. The log has no
  // identifier when nothing in it counts.
  VhdxLogPlace find_log(const fs::ByteSource& file) const {
    std::optional<Bytes> current;
    for (const std::uint64_t offset : k_header_offsets) {
      auto header = find_sealed(file, offset, k_header_size, k_header_signature);
      if (!header) continue;
      if (!current || get<std::uint64_t>(*header, k_header_sequence) >
                          get<std::uint64_t>(*current, k_header_sequence))
        current = std::move(header);
    }
    if (!current) corrupt("neither of its headers is valid");
    if (get<std::uint16_t>(*current, k_header_version) != k_version)
      throw_unsupported(name_, "it is a VHDX of another version");
    const VhdxLogPlace log{.guid = base::get_guid(*current, k_header_log_guid),
                           .offset = get<std::uint64_t>(*current, k_header_log_offset),
                           .length = get<std::uint32_t>(*current, k_header_log_size)};
    if (log.guid != base::Uuid{} && get<std::uint16_t>(*current, k_header_log_version) != 0)
      throw_unsupported(name_, "its log is of another version");
    return log;
  }

  void find_regions() {
    std::optional<Bytes> table;
    for (const std::uint64_t offset : k_region_table_offsets) {
      if (!table) table = find_sealed(file_, offset, k_table_size, k_region_signature);
    }
    if (!table) corrupt("neither of its region tables is valid");
    const auto count = get<std::uint32_t>(*table, k_region_count);
    if (count > k_most_entries) corrupt("its region table has too many entries");
    std::optional<Region> block_table;
    std::optional<Region> metadata;
    for (std::size_t index = 0; index < count; ++index) {
      const std::size_t entry = k_first_region + index * k_entry_size;
      const base::Uuid name = base::get_guid(*table, entry);
      const Region region{get<std::uint64_t>(*table, entry + k_entry_offset),
                          get<std::uint32_t>(*table, entry + k_region_size)};
      if (!is_inside(file_, region.offset, region.size)) corrupt("a region is beyond its end");
      if (name == names().block_table) {
        block_table = region;
      } else if (name == names().metadata) {
        metadata = region;
      } else if ((get<std::uint32_t>(*table, entry + k_region_required) & 1U) != 0) {
        throw_unsupported(name_, "it needs the region " + name.to_string());
      }
    }
    if (!block_table || !metadata) corrupt("a region is missing");
    block_table_ = *block_table;
    metadata_ = *metadata;
  }

  // Section 2.6.
  void read_metadata() {
    if (metadata_.size < k_table_size) corrupt("its metadata region is too small");
    const Bytes table = read_bytes(metadata_.offset, k_table_size);
    if (base::as_text(std::span(table).first(k_metadata_signature.size())) != k_metadata_signature)
      corrupt("its metadata has no signature");
    const auto count = get<std::uint16_t>(table, k_item_count);
    if (count > k_most_entries) corrupt("its metadata has too many items");
    Bytes parameters;
    Bytes size;
    Bytes sector_size;
    for (std::size_t index = 0; index < count; ++index) {
      const std::size_t entry = k_first_item + index * k_entry_size;
      const base::Uuid name = base::get_guid(table, entry);
      if (name == names().file_parameters) {
        parameters = item(table, entry, 8);
      } else if (name == names().disk_size) {
        size = item(table, entry, 8);
      } else if (name == names().logical_sector_size) {
        sector_size = item(table, entry, 4);
      } else if (name != names().disk_id && name != names().physical_sector_size &&
                 (get<std::uint32_t>(table, entry + k_item_flags) & k_item_is_required) != 0) {
        throw_unsupported(name_, "it needs the metadata " + name.to_string());
      }
    }
    if (parameters.empty() || size.empty() || sector_size.empty())
      corrupt("an item of its metadata is missing");
    if ((get<std::uint32_t>(parameters, 4) & k_has_parent) != 0)
      throw_unsupported(name_, "it is the difference to another image");
    block_size_ = get<std::uint32_t>(parameters, 0);
    size_ = get<std::uint64_t>(size, 0);
    if (!std::has_single_bit(block_size_) || block_size_ < k_smallest_block ||
        block_size_ > k_largest_block) {
      corrupt("its block size is impossible");
    }
    const auto sector = get<std::uint32_t>(sector_size, 0);
    if (sector != k_logical_sector && sector != k_large_logical_sector)
      corrupt("its sector size is impossible");
    sector_size_ = sector;
    if (size_ > k_largest_disk || size_ % sector != 0)
      corrupt("the size of its disk is impossible");
  }

  Bytes item(const Bytes& table, std::size_t entry, std::uint32_t wanted_size) const {
    const auto offset = get<std::uint32_t>(table, entry + k_entry_offset);
    if (get<std::uint32_t>(table, entry + k_item_size) != wanted_size || offset < k_table_size ||
        offset > metadata_.size || wanted_size > metadata_.size - offset) {
      corrupt("an item of its metadata is not where it can be");
    }
    return read_bytes(metadata_.offset + offset, wanted_size);
  }

  // Section 2.5.
  void load_table() {
    block_count_ = divided_up(size_, block_size_);
    if (block_count_ > k_most_blocks)
      throw_unsupported(name_, "its blocks are too small for the size of its disk");
    blocks_per_bitmap_ = blocks_per_bitmap(block_size_, sector_size_);
    const std::uint64_t needed = table_length(block_count_, blocks_per_bitmap_);
    if (needed > block_table_.size) corrupt("its block table does not fit its disk");
    table_ = read_bytes(block_table_.offset, needed);
    std::vector<DiskExtent> stretches{
        {0, k_mib}, {block_table_.offset, block_table_.size}, {metadata_.offset, metadata_.size}};
    const std::size_t tables = stretches.size();
    for (std::uint64_t block = 0; block < block_count_; ++block) {
      if (const auto place = find_place(block)) stretches.push_back({*place, block_size_});
    }
    if (!have_room(file_, stretches.size() - tables, block_size_))
      corrupt("it has no room for all of its blocks");
    if (do_overlap(std::move(stretches))) corrupt("two of its blocks share a place");
  }

  /// Where the file has a block; nothing for one that reads as zeros.
  std::optional<std::uint64_t> find_place(std::uint64_t block) const {
    const auto entry = get<std::uint64_t>(table_, entry_index(block, blocks_per_bitmap_) * 8);
    switch (entry & k_state_mask) {
    case k_absent:
    case k_undefined:
    case k_zero:
    case k_unmapped:
    case k_formerly_unmapped:
      return std::nullopt;
    case k_present:
      return entry / k_mib * k_mib;
    default:
      corrupt("a block is in an impossible state");
    }
  }

  void read_in_block(std::uint64_t block, std::uint64_t within, std::span<std::byte> buffer) const {
    const auto place = find_place(block);
    if (!place) {
      std::ranges::fill(buffer, std::byte{0});
      return;
    }
    if (*place < k_mib) corrupt("a block is where its headers are");
    if (!is_inside(file_, *place, within + buffer.size())) corrupt("a block is beyond its end");
    file_.read(*place + within, buffer);
  }

  std::string name_;
  ReplayedVhdx file_;
  std::uint32_t sector_size_ = k_logical_sector;
  Region block_table_;
  Region metadata_;
  std::uint64_t size_ = 0;
  std::uint64_t block_size_ = 0;
  std::uint64_t block_count_ = 0;
  std::uint64_t blocks_per_bitmap_ = 1;
  Bytes table_;
};

} // namespace

std::unique_ptr<ImageReader> open_vhdx(const fs::ByteSource& file, const std::string& name) {
  return std::make_unique<VhdxReader>(file, name);
}

} // namespace imagewright::image
