// SPDX-License-Identifier: MIT
#pragma once

// Files that are something else than an image that is read here.

#include <string>

#include <imagewright/fs/byte_source.hpp>

namespace imagewright::image {

/// Says what the file is, if that can be told, and what to do. Throws base::Error
/// (image.unsupported) always.
[[noreturn]] void refuse_foreign(const fs::ByteSource& file, const std::string& name);

} // namespace imagewright::image
