// SPDX-License-Identifier: MIT
#pragma once

// Reads VHDX, trusting nothing in it.

#include <memory>
#include <string>

#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

/// Fixed and dynamic. Throws base::Error (image.corrupt-vhdx, image.unsupported).
std::unique_ptr<ImageReader> open_vhdx(const fs::ByteSource& file, const std::string& name);

} // namespace imagewright::image
