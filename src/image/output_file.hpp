// SPDX-License-Identifier: MIT
#pragma once

// A file that is being made, and is removed again when that fails.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/fs/unfinished_file.hpp>

#include "image/source_disk.hpp"

namespace imagewright::image {

/// Lets the host write a stretch of a file to its disk meanwhile: what is published is synced, and
/// most of it is there by then.
void start_storing(int file, std::uint64_t offset, std::uint64_t length);

class OutputFile {
public:
  /// Throws base::Error (fs.cannot-write) also when the file exists.
  explicit OutputFile(std::filesystem::path path);
  /// Takes a finished file over by renaming it.
  OutputFile(const std::filesystem::path& present, std::filesystem::path path);

  void write(std::uint64_t offset, std::span<const std::byte> data);
  /// Copies a stretch of the disk, by sharing blocks where the host can.
  void copy(const SourceDisk& disk, std::uint64_t from, std::uint64_t to, std::uint64_t length,
            const base::Cancellation& cancellation);
  /// The same for what is not zeros; the stretch begins with a unit, and may reach beyond the end
  /// of the disk. What is left out must read as zeros already.
  void copy_stored(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                   std::uint64_t length, const base::Cancellation& cancellation);
  /// Everything beyond what was written reads as zeros.
  void set_size(std::uint64_t size);
  /// From here on what is written is digested as it passes, which needs it in the order of the
  /// file: what is left out in between must read as zeros. Whoever goes back makes digest() read
  /// the file.
  /// Where there are several threads, long stretches are digested beside their writing.
  void digest_as_written(unsigned thread_count = 1) {
    hasher_.emplace();
    thread_count_ = thread_count;
  }
  /// The beginning is known last: the file is read once more.
  void digest_afterwards() { hasher_.reset(); }
  /// Of the whole file as it stands.
  base::Digest digest();
  void keep() { file_.keep(); }

private:
  void note(std::uint64_t offset, std::span<const std::byte> data);
  void put(std::uint64_t offset, std::span<const std::byte> data);
  void copy_beside_digest(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                          std::uint64_t length, bool is_shared,
                          const base::Cancellation& cancellation);
  bool share(const SourceDisk& disk, std::uint64_t from, std::uint64_t to, std::uint64_t length);

  fs::UnfinishedFile file_;
  std::optional<base::Hasher> hasher_; ///< of the first `digested_` bytes
  std::uint64_t digested_ = 0;
  unsigned thread_count_ = 1;
  std::uint64_t storing_ = 0; ///< up to where the host was told to store it
  bool may_share_ = true;     ///< as far as is known
};

} // namespace imagewright::image
