// SPDX-License-Identifier: MIT
#include "disk/ext4/file_content.hpp"

#include <algorithm>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_chunk_size = std::size_t{1} << 20U;
constexpr std::uint64_t k_smallest_hole_blocks = tree::k_smallest_hole / k_ext4_block_size;

/// What is shorter is copied sooner than it is kept account of.
constexpr std::uint64_t k_smallest_loan = 64U * 1024U;

std::uint64_t whole_blocks(std::uint64_t bytes) {
  return (bytes + k_ext4_block_size - 1) / k_ext4_block_size * k_ext4_block_size;
}

} // namespace

/// Where the blocks of one file go, as its content passes by.
class ContentCopier::Placement {
public:
  Placement(ContentCopier& copier, const tree::OpenContent& content, const tree::Inode& inode)
      : copier_(copier), content_(content), size_(inode.size), holes_(inode.holes) {}

  /// Takes whole blocks that follow what came before.
  void add(std::span<const std::byte> blocks) {
    while (!blocks.empty()) {
      const bool is_zero = is_all_zero(blocks.first(k_ext4_block_size));
      std::size_t length = k_ext4_block_size;
      while (length < blocks.size() &&
             is_all_zero(blocks.subspan(length, k_ext4_block_size)) == is_zero) {
        length += k_ext4_block_size;
      }
      if (is_zero) {
        add_zeros(length / k_ext4_block_size);
      } else {
        add_data(blocks.first(length));
      }
      blocks = blocks.subspan(length);
    }
  }

  /// Zeros that nobody had to read: the host has a hole there.
  void add_gap(std::uint64_t block_count) {
    if (holes_ != tree::Holes::as_stored) {
      add_zeros(block_count);
      return;
    }
    end_zeros();
    position_ += block_count;
  }

  PlacedContent finish() {
    end_zeros();
    return std::move(placed_);
  }

private:
  void add_zeros(std::uint64_t block_count) { pending_zeros_ += block_count; }

  void end_zeros() {
    const bool is_hole = holes_ == tree::Holes::allowed && pending_zeros_ >= k_smallest_hole_blocks;
    if (is_hole) {
      position_ += pending_zeros_;
    } else {
      // Fresh blocks are zeros already: they have to be taken, not written.
      place(pending_zeros_);
    }
    pending_zeros_ = 0;
  }

  std::vector<BlockRun> place(std::uint64_t count) {
    std::vector<BlockRun> runs = copier_.allocator_.allocate(count);
    for (const BlockRun& run : runs) {
      append_run(placed_.extents, position_, run);
      position_ += run.count;
    }
    placed_.block_count += count;
    return runs;
  }

  void add_data(std::span<const std::byte> data) {
    end_zeros();
    std::uint64_t offset = position_ * k_ext4_block_size;
    for (const BlockRun& run : place(data.size() / k_ext4_block_size)) {
      const std::size_t length = run.count * k_ext4_block_size;
      put(offset, run.start * k_ext4_block_size, data.first(length));
      data = data.subspan(length);
      offset += length;
    }
  }

  /// The data are the file's from `offset` on.
  void put(std::uint64_t offset, std::uint64_t place, std::span<const std::byte> data) {
    while (const std::uint64_t length = borrow(offset, place, data.size())) {
      offset += length;
      place += length;
      data = data.subspan(length);
    }
    if (!data.empty()) copier_.device_.write(place, data);
  }

  /// How many bytes stay where they are.
  std::uint64_t borrow(std::uint64_t offset, std::uint64_t place, std::uint64_t length) {
    // Behind its end a file has zeros; where it comes from may be anything.
    length = std::min(length, (size_ - offset) / k_ext4_block_size * k_ext4_block_size);
    if (length < k_smallest_loan) return 0;
    const auto found = content_.find_place(offset, length);
    if (!found) return 0;
    length = std::min(length, found->length / k_ext4_block_size * k_ext4_block_size);
    if (length < k_smallest_loan) return 0;
    return copier_.device_.borrow(place, {found->file, found->offset, length}) ? length : 0;
  }

  ContentCopier& copier_;
  const tree::OpenContent& content_;
  std::uint64_t size_;
  tree::Holes holes_;
  std::uint64_t position_ = 0;
  std::uint64_t pending_zeros_ = 0;
  PlacedContent placed_;
};

ContentCopier::ContentCopier(BlockDevice& device, Ext4Allocator& allocator,
                             const base::Cancellation& cancellation)
    : device_(device), allocator_(allocator), cancellation_(cancellation), buffer_(k_chunk_size) {}

PlacedContent ContentCopier::copy(const tree::OpenContent& content, const tree::Inode& inode) {
  Placement placement(*this, content, inode);
  std::uint64_t position = 0;
  const auto copy_range = [&](std::uint64_t offset, std::uint64_t end) {
    // Whole blocks, although the host may store less.
    offset = std::max(position, offset / k_ext4_block_size * k_ext4_block_size);
    placement.add_gap((offset - position) / k_ext4_block_size);
    position = offset;
    while (position < end) {
      cancellation_.check();
      const auto length = std::min<std::uint64_t>(
          {buffer_.size(), inode.size - position, whole_blocks(end) - position});
      content.read(position, std::span(buffer_).first(length));
      const std::uint64_t padded = whole_blocks(length);
      std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(length),
                buffer_.begin() + static_cast<std::ptrdiff_t>(padded), std::byte{0});
      placement.add(std::span(buffer_).first(padded));
      position += padded;
    }
  };
  if (inode.stored_size < inode.size) {
    content.for_each_stretch([&](std::uint64_t offset, std::uint64_t length) {
      copy_range(offset, std::min(offset + length, inode.size));
    });
  } else {
    copy_range(0, inode.size);
  }
  if (position < inode.size)
    placement.add_gap((whole_blocks(inode.size) - position) / k_ext4_block_size);
  return placement.finish();
}

} // namespace imagewright::disk
