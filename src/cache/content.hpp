// SPDX-License-Identifier: MIT
#pragma once

// File content for the cache: cheap copies, names.

#include <filesystem>
#include <string>
#include <string_view>

#include <imagewright/base/digest.hpp>

namespace imagewright::cache {

/// Copies a file's content to a new file, sharing blocks where the filesystem can.
void copy_content(const std::filesystem::path& source, const std::filesystem::path& target);

/// A file name for any key.
std::string name_of_key(std::string_view key);

/// Remembers for prune() that something was used now. What cannot be marked stays as it is: it is
/// only pruned earlier.
void mark_used(const std::filesystem::path& path);

/// rename(2). Throws base::Error (fs.cannot-write).
void rename_into_place(const std::filesystem::path& staged, const std::filesystem::path& target);

} // namespace imagewright::cache
