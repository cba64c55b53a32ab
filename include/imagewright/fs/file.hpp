// SPDX-License-Identifier: MIT
#pragma once

// Whole files on the host, read and written by path. For files inside a root use RootDir.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

/// The whole file. Throws base::Error (fs.cannot-read) also when it is larger than `limit`.
std::string read_file(const std::filesystem::path& path,
                      base::ByteSize limit = base::ByteSize::gib(1));
/// The whole file, or nothing when there is no such file. Other failures throw as read_file does.
std::optional<std::string> find_file(const std::filesystem::path& path,
                                     base::ByteSize limit = base::ByteSize::gib(1));

/// Replaces the file at once: readers see the old content or the new. What is no file, such as
/// /dev/stdout, is written to instead. Throws base::Error (fs.cannot-write).
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Waits until a file, or the names in a directory, would survive a power failure. Throws
/// base::Error (fs.cannot-write).
void sync_path(const std::filesystem::path& path);

/// Opens an existing file for reading (O_CLOEXEC). Throws base::Error (fs.cannot-read).
UniqueFd open_for_reading(const std::filesystem::path& path);

/// Opens an existing file for changing it in place (O_CLOEXEC). Throws base::Error
/// (fs.cannot-write).
UniqueFd open_for_writing(const std::filesystem::path& path);

/// Reads exactly `buffer.size()` bytes at `offset`. Throws base::Error (fs.cannot-read), also at an
/// early end of file; `name` is for the message.
void read_exactly(int fd, std::span<std::byte> buffer, std::uint64_t offset,
                  const std::string& name);
/// Writes all of `data` at `offset`. Throws base::Error (fs.cannot-write, or fs.disk-full).
void write_exactly(int fd, std::span<const std::byte> data, std::uint64_t offset,
                   const std::string& name);

/// A stretch of an open file of the host.
struct FileStretch {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string name; ///< for messages
};

/// All of an open file; `name` is for messages. Throws base::Error (fs.cannot-read).
FileStretch whole_of(const UniqueFd& file, const std::string& name);

/// Writes all of a stretch to the beginning of another file, however large it is. Throws as
/// read_exactly and write_exactly do.
void copy_exactly(const FileStretch& from, int to, const std::string& name);

/// Calls `visit` for each stretch of the file that is stored as data, in order; holes are skipped.
void for_each_data_extent(
    int fd, const std::function<void(std::uint64_t offset, std::uint64_t length)>& visit);

/// SHA-256 of the file's content; holes are not read.
base::Digest digest_of_file(const std::filesystem::path& path);

} // namespace imagewright::fs
