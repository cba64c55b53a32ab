// SPDX-License-Identifier: MIT
#pragma once

// Reads VHD, trusting nothing in it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

/// A dynamic VHD. Throws base::Error (image.corrupt-vhd, image.unsupported).
std::unique_ptr<ImageReader> open_vhd(const fs::ByteSource& file, const std::string& name);

/// The size of the disk when the file ends with the footer of a fixed VHD; nothing when what looks
/// like one has a wrong checksum: then it is content. Throws base::Error (image.corrupt-vhd).
std::optional<std::uint64_t> find_fixed_vhd_size(const fs::ByteSource& file,
                                                 const std::string& name);

} // namespace imagewright::image
