// SPDX-License-Identifier: MIT
#pragma once

// What was checked is what is used: sources may be changed while a build runs.

#include <filesystem>
#include <string>

#include <imagewright/container/image.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::container {

/// Writes a blob's file to the beginning of another one; `name` is of that, for messages. Throws
/// base::Error (container.changed: the file has another digest by now; fs.…), with `target`
/// written.
void copy_checked(const Blob& blob, int target, const std::string& name);

/// Such a copy without a name, made in `directory`; it stands at its beginning.
fs::UniqueFd private_copy(const Blob& blob, const std::filesystem::path& directory);

} // namespace imagewright::container
