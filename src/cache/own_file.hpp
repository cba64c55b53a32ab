// SPDX-License-Identifier: MIT
#pragma once

// Files and directories that nobody but this user can have written.

#include <filesystem>
#include <string>
#include <utility>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::cache {

/// Why a directory is not believed; empty when it is one that nobody but this user can write.
std::string distrust_of(const std::filesystem::path& directory);

/// A regular file that this user alone can write, or nothing; and whether something else is there.
std::pair<fs::UniqueFd, bool> open_own(const std::filesystem::path& path);

} // namespace imagewright::cache
