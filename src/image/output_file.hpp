// SPDX-License-Identifier: MIT
#pragma once

// A file that is being made, and is removed again when that fails.

#include <cstdint>
#include <filesystem>
#include <span>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/unfinished_file.hpp>

#include "image/source_disk.hpp"

namespace imagewright::image {

class OutputFile {
public:
  /// Throws base::Error (fs.cannot-write) also when the file exists.
  explicit OutputFile(std::filesystem::path path);
  /// Takes a finished file over by renaming it.
  OutputFile(const std::filesystem::path& present, std::filesystem::path path);

  void write(std::uint64_t offset, std::span<const std::byte> data);
  /// Copies a stretch of the disk, inside the kernel and by sharing blocks where the host can.
  void copy(const SourceDisk& disk, std::uint64_t from, std::uint64_t to, std::uint64_t length,
            const base::Cancellation& cancellation);
  /// The same for what is not zeros; the stretch begins with a unit, and may reach beyond the end
  /// of the disk. What is left out must read as zeros already.
  void copy_stored(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                   std::uint64_t length, const base::Cancellation& cancellation);
  /// Everything beyond what was written reads as zeros.
  void set_size(std::uint64_t size);
  void keep() { file_.keep(); }

private:
  fs::UnfinishedFile file_;
};

} // namespace imagewright::image
