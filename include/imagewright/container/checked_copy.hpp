// SPDX-License-Identifier: MIT
#pragma once

// What was checked is what is read: sources may be changed while a build runs.

#include <filesystem>

#include <imagewright/container/image.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::container {

/// A copy of a blob's file without a name, made in `directory`, that has the blob's digest; it
/// stands at its beginning. Throws base::Error (container.changed: the file has another digest by
/// now; fs.…).
fs::UniqueFd private_copy(const Blob& blob, const std::filesystem::path& directory);

} // namespace imagewright::container
