// SPDX-License-Identifier: MIT
#pragma once

// The disk of a COSI file, from a plain copy: compressed images cannot be read at any place.

#include <memory>
#include <string>

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

/// `room` is an empty file, which the disk is expanded into. Nothing is read from `file`
/// afterwards. Throws what cosi::expand_cosi throws.
std::unique_ptr<ImageReader> open_cosi(const fs::ByteSource& file, const std::string& name,
                                       fs::UniqueFd room);

} // namespace imagewright::image
