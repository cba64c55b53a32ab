// SPDX-License-Identifier: MIT
#include "disk/ext4/file_content.hpp"

#include <algorithm>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_chunk_size = std::size_t{1} << 20U;

} // namespace

/// Where the blocks of one file go, as its content passes by.
class ContentCopier::Placement {
public:
  Placement(ContentCopier& copier, const tree::OpenContent& content, const tree::Inode& inode)
      : copier_(copier), content_(content), block_size_(copier.block_size_), size_(inode.size),
        holes_(inode.holes) {}

  /// Takes whole blocks that follow what came before.
  void add(std::span<const std::byte> blocks) {
    while (!blocks.empty()) {
      const bool is_zero = is_all_zero(blocks.first(block_size_));
      std::size_t length = block_size_;
      while (length < blocks.size() &&
             is_all_zero(blocks.subspan(length, block_size_)) == is_zero) {
        length += block_size_;
      }
      if (is_zero) {
        add_zeros(length / block_size_);
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
    const bool is_hole =
        holes_ == tree::Holes::allowed && pending_zeros_ * block_size_ >= tree::k_smallest_hole;
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
    std::uint64_t offset = position_ * block_size_;
    for (const BlockRun& run : place(data.size() / block_size_)) {
      const std::size_t length = run.count * block_size_;
      put(offset, run.start * block_size_, data.first(length));
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

  /// How many bytes stay where they are: whole blocks of any filesystem that is written.
  std::uint64_t borrow(std::uint64_t offset, std::uint64_t place, std::uint64_t length) {
    // Behind its end a file has zeros; where it comes from may be anything.
    const std::uint64_t most = fs::BorrowedBytes::loan_of(std::min(length, size_ - offset));
    const auto found = most == 0 ? std::nullopt : content_.find_place(offset, most);
    const std::uint64_t loan = found ? fs::BorrowedBytes::loan_of(found->length) : 0;
    if (loan == 0) return 0;
    return copier_.device_.borrow(place, {found->file, found->offset, loan}) ? loan : 0;
  }

  ContentCopier& copier_;
  const tree::OpenContent& content_;
  std::size_t block_size_;
  std::uint64_t size_;
  tree::Holes holes_;
  std::uint64_t position_ = 0;
  std::uint64_t pending_zeros_ = 0;
  PlacedContent placed_;
};

ContentCopier::ContentCopier(BlockDevice& device, Ext4Allocator& allocator,
                             std::uint32_t block_size, const base::Cancellation& cancellation)
    : device_(device), allocator_(allocator), block_size_(block_size), cancellation_(cancellation),
      buffer_(k_chunk_size) {}

std::uint64_t ContentCopier::whole_blocks(std::uint64_t bytes) const {
  return (bytes + block_size_ - 1) / block_size_ * block_size_;
}

PlacedContent ContentCopier::copy(const tree::OpenContent& content, const tree::Inode& inode) {
  Placement placement(*this, content, inode);
  std::uint64_t position = 0;
  const auto copy_range = [&](std::uint64_t offset, std::uint64_t end) {
    // Whole blocks, although the host may store less.
    offset = std::max(position, offset / block_size_ * block_size_);
    placement.add_gap((offset - position) / block_size_);
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
  if (position < inode.size) placement.add_gap((whole_blocks(inode.size) - position) / block_size_);
  return placement.finish();
}

} // namespace imagewright::disk
