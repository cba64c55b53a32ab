// SPDX-License-Identifier: MIT
#pragma once

// Finished files.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::model {

enum class ImageFormat : std::uint8_t {
  raw,
  qcow2,
  vhd,
  vhd_fixed,
  vhdx,
  tar,
  wsl,
  wsl_vhdx,
  wslg_system_vhd,
  cosi,
  baremetal_image
};

/// "raw", "qcow2", "vhd", "vhd-fixed", "vhdx", "tar", "wsl", "wsl-vhdx", "wslg-system-vhd", "cosi",
/// "baremetal-image"
std::string_view to_string(ImageFormat format);
std::optional<ImageFormat> find_image_format(std::string_view word);
/// With the dot: ".raw", ".qcow2", ".vhd" (both kinds), ".vhdx", ".tar", ".wsl", ".wsl.vhdx",
/// ".wslg.vhd", ".cosi", ".baremetal.cosi"
std::string_view extension_of(ImageFormat format);
/// A disk with partitions, and not an archive of the root's files or a filesystem alone.
bool is_disk(ImageFormat format);

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
