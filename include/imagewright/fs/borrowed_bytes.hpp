// SPDX-License-Identifier: MIT
#pragma once

// Stretches of a file that is being made whose bytes stay where they are, in another open file,
// until somebody needs them: what is only passed on is not written twice.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace imagewright::fs {

/// Where bytes stand in an open file. The descriptor is borrowed.
struct FilePlace {
  int file = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const FilePlace&) const = default;
};

/// Which stretches of one file are borrowed; everything else the file has itself. The lending files
/// must stay open and as they are. Reading may happen in several threads.
class BorrowedBytes {
public:
  /// Borrowed stretches start and end in whole blocks, so that no block of the host's file has
  /// bytes of both kinds.
  static constexpr std::uint64_t k_block_size = 4096;
  /// What of so many bytes is lent: whole blocks. What is shorter than 64 KiB is copied sooner than
  /// it is kept account of: 0.
  static constexpr std::uint64_t loan_of(std::uint64_t length) {
    constexpr std::uint64_t k_smallest_loan = std::uint64_t{64} << 10U;
    return length < k_smallest_loan ? 0 : length / k_block_size * k_block_size;
  }

  struct Stretch {
    std::uint64_t offset = 0;
    FilePlace place;

    bool operator==(const Stretch&) const = default;
  };

  /// From now on the bytes at `offset` are those of the place. Both offset and length are whole
  /// blocks.
  void borrow(std::uint64_t offset, const FilePlace& place);
  /// The blocks that hold these bytes become the file's own: they are copied into it, `own`.
  /// Whoever writes there does this first. Throws base::Error (fs.cannot-read, fs.cannot-write).
  void settle(int own, std::uint64_t offset, std::uint64_t length, const std::string& name);

  bool is_empty() const { return stretches_.empty(); }
  bool is_any_borrowed(std::uint64_t offset, std::uint64_t length) const;
  /// In order, without overlap.
  std::vector<Stretch> stretches() const;
  /// Where the longest beginning of the range stands that is in one place. `own` is the file.
  FilePlace place_of(int own, std::uint64_t offset, std::uint64_t length) const;
  /// Fills the buffer. Throws base::Error (fs.cannot-read).
  void read(int own, std::uint64_t offset, std::span<std::byte> buffer,
            const std::string& name) const;

private:
  /// Whole blocks.
  void cut(std::uint64_t offset, std::uint64_t length);

  std::map<std::uint64_t, FilePlace> stretches_; ///< by their first byte
};

} // namespace imagewright::fs
