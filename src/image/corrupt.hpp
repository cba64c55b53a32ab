// SPDX-License-Identifier: MIT
#pragma once

// How readers say that a file is damaged.

#include <cstddef>
#include <cstdint>
#include <string>

#include <imagewright/fs/byte_source.hpp>

namespace imagewright::image {

/// Throws base::Error with that code.
[[noreturn]] void throw_corrupt(const std::string& code, const std::string& name,
                                const std::string& what);
/// Throws base::Error (image.unsupported).
[[noreturn]] void throw_unsupported(const std::string& name, const std::string& what);

/// For lengths and offsets of any size, as files claim them.
bool is_inside(const fs::ByteSource& source, std::uint64_t offset, std::uint64_t length);

/// What stands there; empty when the file is too short.
std::string text_at(const fs::ByteSource& file, std::uint64_t offset, std::size_t length);

/// Throws base::Error (image.read-beyond-end) when the range is not inside the disk.
void check_range(const fs::ByteSource& source, std::uint64_t offset, std::size_t length,
                 const std::string& name);

} // namespace imagewright::image
