// SPDX-License-Identifier: MIT
#pragma once

// Reads qcow2, versions 2 and 3, trusting nothing in it.

#include <memory>
#include <string>

#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

/// Throws base::Error (image.corrupt-qcow2, image.unsupported).
std::unique_ptr<ImageReader> open_qcow2(const fs::ByteSource& file, const std::string& name);

} // namespace imagewright::image
