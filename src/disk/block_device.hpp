// SPDX-License-Identifier: MIT
#pragma once

// Where a filesystem is written: a region of the raw file, or memory for a rehearsal.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/byte_source.hpp>

namespace imagewright::disk {

/// Random access for reading and writing. What was never written reads as zeros.
class BlockDevice : public fs::ByteSource {
public:
  /// Throws base::Error (fs.cannot-write, fs.disk-full).
  virtual void write(std::uint64_t offset, std::span<const std::byte> data) = 0;
  /// Takes bytes without copying them, where that can be; else false, and nothing is done.
  virtual bool borrow(std::uint64_t /*offset*/, const fs::FilePlace& /*place*/) { return false; }
};

/// A stretch of a sparse file. Zeros that would be written into a hole leave it a hole.
class FileRegion final : public BlockDevice {
public:
  /// The descriptor stays the caller's. `name` is for messages. `borrowed` is what of the whole
  /// file stands elsewhere; null: nothing may.
  FileRegion(int fd, std::uint64_t offset, std::uint64_t size, std::string name,
             fs::BorrowedBytes* borrowed = nullptr);

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  void write(std::uint64_t offset, std::span<const std::byte> data) override;
  bool borrow(std::uint64_t offset, const fs::FilePlace& place) override;

private:
  int fd_;
  std::uint64_t offset_;
  std::uint64_t size_;
  std::string name_;
  fs::BorrowedBytes* borrowed_;
};

/// Keeps what is written in memory, by blocks of 4 KiB: for finding out what a filesystem needs.
class MemoryDevice final : public BlockDevice {
public:
  explicit MemoryDevice(std::uint64_t size) : size_(size) {}

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  void write(std::uint64_t offset, std::span<const std::byte> data) override;

private:
  std::uint64_t size_;
  std::map<std::uint64_t, std::vector<std::byte>> blocks_;
};

} // namespace imagewright::disk
