// SPDX-License-Identifier: MIT
#pragma once

// Files that somebody named, as opposed to those that a command makes for itself.

#include <filesystem>
#include <string>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::fs {

/// Content of a file that was named as an input; `what` is "manifest" or "list of units". Throws
/// base::Error (fs.cannot-read) as a wrong input, with a hint, when it cannot be read or is larger
/// than `limit`.
std::string read_input(const std::filesystem::path& path, const std::string& what,
                       base::ByteSize limit);

} // namespace imagewright::fs
