// SPDX-License-Identifier: MIT
#include "disk/block_device.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_memory_block = 4096;

void check_range(std::uint64_t offset, std::size_t length, std::uint64_t size) {
  IMAGEWRIGHT_ASSERT(offset <= size && length <= size - offset);
}

} // namespace

FileRegion::FileRegion(int fd, std::uint64_t offset, std::uint64_t size, std::string name,
                       fs::BorrowedBytes* borrowed)
    : fd_(fd), offset_(offset), size_(size), name_(std::move(name)), borrowed_(borrowed) {}

void FileRegion::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  check_range(offset, buffer.size(), size_);
  if (borrowed_ != nullptr) {
    borrowed_->read(fd_, offset_ + offset, buffer, name_);
  } else {
    fs::read_exactly(fd_, buffer, offset_ + offset, name_);
  }
}

void FileRegion::write(std::uint64_t offset, std::span<const std::byte> data) {
  check_range(offset, data.size(), size_);
  if (is_all_zero(data)) {
    std::vector<std::byte> present(data.size());
    read(offset, present);
    if (is_all_zero(present)) return;
  }
  if (borrowed_ != nullptr) borrowed_->settle(fd_, offset_ + offset, data.size(), name_);
  fs::write_exactly(fd_, data, offset_ + offset, name_);
}

bool FileRegion::borrow(std::uint64_t offset, const fs::FilePlace& place) {
  check_range(offset, place.length, size_);
  if (borrowed_ == nullptr || (offset_ + offset) % fs::BorrowedBytes::k_block_size != 0)
    return false;
  borrowed_->borrow(offset_ + offset, place);
  return true;
}

void MemoryDevice::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  check_range(offset, buffer.size(), size_);
  while (!buffer.empty()) {
    const std::uint64_t within = offset % k_memory_block;
    const auto length = std::min<std::uint64_t>(buffer.size(), k_memory_block - within);
    const auto block = blocks_.find(offset / k_memory_block);
    if (block == blocks_.end()) {
      std::fill_n(buffer.begin(), length, std::byte{0});
    } else {
      std::copy_n(block->second.begin() + static_cast<std::ptrdiff_t>(within), length,
                  buffer.begin());
    }
    buffer = buffer.subspan(length);
    offset += length;
  }
}

void MemoryDevice::write(std::uint64_t offset, std::span<const std::byte> data) {
  check_range(offset, data.size(), size_);
  while (!data.empty()) {
    const std::uint64_t within = offset % k_memory_block;
    const auto length = std::min<std::uint64_t>(data.size(), k_memory_block - within);
    const auto piece = data.first(length);
    const auto block = blocks_.find(offset / k_memory_block);
    if (block != blocks_.end() || !is_all_zero(piece)) {
      auto& bytes = blocks_[offset / k_memory_block];
      bytes.resize(k_memory_block);
      std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<std::ptrdiff_t>(within));
    }
    data = data.subspan(length);
    offset += length;
  }
}

} // namespace imagewright::disk
