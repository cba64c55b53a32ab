// SPDX-License-Identifier: MIT
#include "image/vhd/reader.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "image/big_endian.hpp"
#include "image/corrupt.hpp"
#include "image/disk_pieces.hpp"
#include "image/vhd/footer.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_most_table_entries = std::uint64_t{4} << 20U;
constexpr std::uint32_t k_smallest_block = 4096;
constexpr std::uint32_t k_largest_block = std::uint32_t{256} << 20U;
constexpr std::size_t k_cached_bitmaps = 256;

struct Footer {
  std::uint64_t header_offset = 0;
  std::uint64_t size = 0;
  std::uint32_t kind = 0;
  bool has_right_checksum = false;
};

Footer read_footer(const fs::ByteSource& file, std::uint64_t offset) {
  Bytes bytes(k_vhd_sector);
  file.read(offset, bytes);
  return {.header_offset = get<std::uint64_t>(bytes, 16),
          .size = get<std::uint64_t>(bytes, 48),
          .kind = get<std::uint32_t>(bytes, 60),
          .has_right_checksum = get<std::uint32_t>(bytes, k_vhd_footer_checksum) ==
                                vhd_checksum(bytes, k_vhd_footer_checksum)};
}

/// Whether a sector that is no footer is one with a mistake: either the word that it starts with is
/// there, or everything else is what it was.
bool is_damaged_footer(const fs::ByteSource& file, std::uint64_t offset) {
  constexpr std::string_view cookie = "conectix";
  Bytes bytes(k_vhd_sector);
  file.read(offset, bytes);
  if (base::as_text(std::span(bytes).first(cookie.size())) == cookie) return true;
  base::put_text(bytes, 0, cookie);
  return get<std::uint32_t>(bytes, k_vhd_footer_checksum) ==
         vhd_checksum(bytes, k_vhd_footer_checksum);
}

class DynamicVhdReader final : public ImageReader {
public:
  DynamicVhdReader(const fs::ByteSource& file, std::string name)
      : file_(file), name_(std::move(name)) {
    if (file.size() < k_vhd_sector) corrupt("it is shorter than its footer");
    const Footer footer = read_footer(file, 0);
    if (!footer.has_right_checksum) corrupt("the checksum of its footer is wrong");
    if (footer.kind == static_cast<std::uint32_t>(VhdKind::differencing)) {
      throw_unsupported(name_, "it is the difference to another image");
    }
    if (footer.kind != static_cast<std::uint32_t>(VhdKind::dynamic)) corrupt("its type is unknown");
    size_ = footer.size;
    load_table(footer.header_offset);
  }

  std::uint64_t size() const override { return size_; }
  model::ImageFormat format() const override { return model::ImageFormat::vhd; }

  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    check_range(*this, offset, buffer.size(), name_);
    read_in_pieces(offset, buffer, block_size_,
                   [this](std::uint64_t piece, std::uint64_t within, std::span<std::byte> part) {
                     read_in_block(piece, within, part);
                   });
  }

  std::vector<DiskExtent> data_extents() const override {
    std::vector<DiskExtent> extents;
    for (std::uint64_t block = 0; block * block_size_ < size_; ++block) {
      if (entry(block) == k_vhd_unused_block) continue;
      const std::uint64_t start = block * block_size_;
      const std::uint64_t length = std::min<std::uint64_t>(block_size_, size_ - start);
      append_extent(extents, {start, length});
    }
    return extents;
  }

  std::vector<StoredExtent> stored_extents() const override {
    std::vector<StoredExtent> extents;
    for (std::uint64_t block = 0; block * block_size_ < size_; ++block) {
      if (entry(block) == k_vhd_unused_block) continue;
      const std::uint64_t start = block * block_size_;
      const std::uint64_t length = std::min<std::uint64_t>(block_size_, size_ - start);
      for_each_stored(block, 0, length,
                      [&](std::uint64_t within, std::uint64_t part, std::uint64_t place) {
                        append_extent(extents, StoredExtent{start + within, part, place});
                      });
    }
    return extents;
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw_corrupt("image.corrupt-vhd", name_, what);
  }

  void load_table(std::uint64_t header_offset) {
    if (!is_inside(file_, header_offset, k_vhd_dynamic_header_size))
      corrupt("its header is beyond its end");
    Bytes header(k_vhd_dynamic_header_size);
    file_.read(header_offset, header);
    if (get<std::uint32_t>(header, k_vhd_header_checksum) !=
        vhd_checksum(header, k_vhd_header_checksum)) {
      corrupt("the checksum of its header is wrong");
    }
    const auto table_offset = get<std::uint64_t>(header, 16);
    const auto entries = get<std::uint32_t>(header, 28);
    block_size_ = get<std::uint32_t>(header, 32);
    if (!std::has_single_bit(block_size_) || block_size_ < k_smallest_block ||
        block_size_ > k_largest_block) {
      corrupt("its block size is impossible");
    }
    const std::uint64_t needed = size_ / block_size_ + (size_ % block_size_ != 0 ? 1 : 0);
    if (entries < needed || needed > k_most_table_entries) {
      corrupt("its block table does not fit its disk");
    }
    if (!is_inside(file_, table_offset, needed * 4)) corrupt("its block table is beyond its end");
    table_.resize(needed * 4);
    file_.read(table_offset, table_);
    // One bit per sector, in whole sectors.
    const std::uint64_t bits = block_size_ / k_vhd_sector;
    bitmap_size_ = (bits / 8 + k_vhd_sector - 1) / k_vhd_sector * k_vhd_sector;
    std::vector<DiskExtent> stretches{
        {0, k_vhd_sector}, {header_offset, k_vhd_dynamic_header_size}, {table_offset, needed * 4}};
    const std::size_t tables = stretches.size();
    for (std::uint64_t block = 0; block < needed; ++block) {
      if (entry(block) == k_vhd_unused_block) continue;
      stretches.push_back({std::uint64_t{entry(block)} * k_vhd_sector, bitmap_size_ + block_size_});
    }
    if (!have_room(file_, stretches.size() - tables, block_size_))
      corrupt("it has no room for all of its blocks");
    if (do_overlap(std::move(stretches))) corrupt("two of its blocks share a place");
  }

  std::uint32_t entry(std::uint64_t block) const { return get<std::uint32_t>(table_, block * 4); }

  const Bytes& bitmap(std::uint64_t offset) const {
    if (const auto known = bitmaps_.find(offset); known != bitmaps_.end()) return known->second;
    if (bitmaps_.size() >= k_cached_bitmaps) bitmaps_.clear();
    Bytes bytes(bitmap_size_);
    file_.read(offset, bytes);
    return bitmaps_.emplace(offset, std::move(bytes)).first->second;
  }

  void read_in_block(std::uint64_t block, std::uint64_t within, std::span<std::byte> buffer) const {
    std::fill(buffer.begin(), buffer.end(), std::byte{0});
    if (entry(block) == k_vhd_unused_block) return;
    for_each_stored(block, within, buffer.size(),
                    [&](std::uint64_t position, std::uint64_t length, std::uint64_t place) {
                      file_.read(place, buffer.subspan(position - within, length));
                    });
  }

  /// Tells of the sectors in a part of a block that are not zeros: where they are in it, how long,
  /// and where in the file.
  template <typename Visit>
  void for_each_stored(std::uint64_t block, std::uint64_t within, std::uint64_t size,
                       const Visit& visit) const {
    const std::uint32_t place = entry(block);
    const std::uint64_t start = std::uint64_t{place} * k_vhd_sector;
    if (!is_inside(file_, start, bitmap_size_ + block_size_)) {
      // A last block may hold no more than the disk does.
      if (!is_inside(file_, start, bitmap_size_ + within + size)) {
        corrupt("a block is beyond its end");
      }
    }
    const Bytes& bits = bitmap(start);
    for (std::uint64_t done = 0; done < size;) {
      const std::uint64_t position = within + done;
      const std::uint64_t sector = position / k_vhd_sector;
      const auto length =
          std::min<std::uint64_t>(size - done, k_vhd_sector - position % k_vhd_sector);
      // The most significant bit comes first; a clear bit means zeros.
      const auto byte = std::to_integer<unsigned>(bits.at(sector / 8));
      if ((byte >> (7 - sector % 8) & 1U) != 0) {
        visit(position, length, start + bitmap_size_ + position);
      }
      done += length;
    }
  }

  const fs::ByteSource& file_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::uint32_t block_size_ = 0;
  std::uint64_t bitmap_size_ = 0;
  Bytes table_;
  mutable std::map<std::uint64_t, Bytes> bitmaps_;
};

} // namespace

std::unique_ptr<ImageReader> open_vhd(const fs::ByteSource& file, const std::string& name) {
  return std::make_unique<DynamicVhdReader>(file, name);
}

std::optional<std::uint64_t> find_fixed_vhd_size(const fs::ByteSource& file,
                                                 const std::string& name) {
  const std::uint64_t content = file.size() - k_vhd_sector;
  const Footer footer = read_footer(file, content);
  if (!footer.has_right_checksum) {
    if (!is_damaged_footer(file, content)) return std::nullopt;
    throw_corrupt("image.corrupt-vhd", name, "its footer is damaged");
  }
  if (footer.kind == static_cast<std::uint32_t>(VhdKind::fixed)) {
    if (footer.size > content) {
      throw_corrupt("image.corrupt-vhd", name, "it is shorter than its footer says");
    }
    return footer.size;
  }
  throw_corrupt("image.corrupt-vhd", name, "the copy of its footer at the start is missing");
}

} // namespace imagewright::image
