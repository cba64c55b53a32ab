// SPDX-License-Identifier: MIT
#pragma once

// Image files that stand compressed on the host.

#include <string>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "image/file_source.hpp"

namespace imagewright::image {

archive::Compression compression_of(const fs::ByteSource& file);

/// The plain content as a file with holes that has no name and is gone with its descriptor: readers
/// go to any place of it. Throws base::Error (archive.damaged, archive.too-large, fs.disk-full).
fs::UniqueFd expand(const FileSource& file, const std::string& name);

} // namespace imagewright::image
