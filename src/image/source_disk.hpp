// SPDX-License-Identifier: MIT
#pragma once

// The disk that outputs are made from: a plain file with holes, some of which may be borrowed.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/zeros.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>

#include "image/file_source.hpp"

namespace imagewright::image {

/// What is stored in outputs is decided in units of this many bytes, from their content alone:
/// holes of the host say only where nothing needs to be read.
constexpr std::uint64_t k_unit_size = std::uint64_t{64} * 1024;

class SourceDisk {
public:
  /// Opens the file and finds the units that are not all zeros, with `thread_count` threads.
  /// `borrowed` must outlive it. Throws base::Error (fs.cannot-read, image.not-a-file,
  /// image.size-unsupported when the size is not whole sectors).
  SourceDisk(const std::filesystem::path& path, const fs::BorrowedBytes& borrowed,
             unsigned thread_count, const base::Cancellation& cancellation);

  /// The file itself, which may have less than the disk.
  int fd() const { return file_.fd(); }
  /// Where the longest beginning of a range inside of the disk stands that is in one place.
  fs::FilePlace place_of(std::uint64_t offset, std::uint64_t length) const {
    return borrowed_.place_of(fd(), offset, length);
  }
  std::uint64_t size() const { return size_; }
  /// Rounded up.
  std::uint64_t unit_count() const { return (size_ + k_unit_size - 1) / k_unit_size; }
  /// In order.
  const std::vector<std::uint64_t>& stored_units() const { return stored_; }
  bool is_stored(std::uint64_t unit) const;
  /// The first of the stored units from `unit` on; unit_count() when there is none. What is in
  /// between is passed over however long it is.
  std::uint64_t next_stored(std::uint64_t unit) const;
  /// Is anything in these units not zero? The range may reach beyond the end.
  bool is_any_stored(std::uint64_t first_unit, std::uint64_t count) const;
  /// Fills the buffer; beyond the end of the disk with zeros.
  void read(std::uint64_t offset, std::span<std::byte> buffer) const;

private:
  std::vector<std::uint64_t> units_to_examine() const;

  std::string name_;
  FileSource file_;
  const fs::BorrowedBytes& borrowed_;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> stored_; ///< sorted; a disk of many TiB may have few
};

using base::is_all_zero;

} // namespace imagewright::image
