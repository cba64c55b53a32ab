// SPDX-License-Identifier: MIT
#pragma once

// Image files that stand compressed on the host.

#include <optional>
#include <string>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/model/artifact.hpp>

#include "image/file_source.hpp"

namespace imagewright::image {

/// Whether readers need a plain copy of the file: it is compressed, or what is in it is.
bool must_be_expanded(const fs::ByteSource& file, std::optional<model::ImageFormat> format);

archive::Compression compression_of(const fs::ByteSource& file);

/// An empty file that has no name and is gone with its descriptor, in the directory for temporary
/// files. Throws base::Error (fs.cannot-write).
fs::UniqueFd nameless_file();

/// Writes the plain content into `plain`, an empty file, with holes: readers go to any place of it.
/// Throws base::Error (archive.damaged, archive.too-large, fs.disk-full).
void expand(const FileSource& file, const std::string& name, const fs::UniqueFd& plain);

} // namespace imagewright::image
