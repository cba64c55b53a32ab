// SPDX-License-Identifier: MIT
#pragma once

// Finished files.

#include <filesystem>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/model/image_format.hpp>

namespace imagewright::model {

/// One image file.
struct Artifact {
  std::filesystem::path path;
  ImageFormat format = ImageFormat::raw;
  base::ByteSize virtual_size; ///< of the disk that a guest sees, or of the files in an archive
  base::ByteSize file_size;
  base::Digest digest;

  bool operator==(const Artifact&) const = default;
};

} // namespace imagewright::model
