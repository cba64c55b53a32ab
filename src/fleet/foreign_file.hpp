// SPDX-License-Identifier: MIT
#pragma once

// Files that jobs and their owners left: any of them may be a pipe, a link, or endless.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::fleet {

/// The whole file, or nothing when there is none. Throws base::Error (fs.cannot-read) also when it
/// is no regular file, which might be waited for, and when it is larger than `limit`.
std::optional<std::string> find_regular_file(const std::filesystem::path& path,
                                             base::ByteSize limit);

struct FileFacts {
  std::uint64_t size = 0;
  base::Digest digest;

  bool operator==(const FileFacts&) const = default;
};

/// Of a regular file that is no link, or nothing. Its bytes are read when it has the `size`. Throws
/// base::Error (fs.cannot-read).
std::optional<FileFacts> facts_of_file(const std::filesystem::path& path, std::uint64_t size);

} // namespace imagewright::fleet
