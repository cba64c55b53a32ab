// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/model/artifact.hpp>

namespace imagewright::model {

std::string_view to_string(ImageFormat format) {
  switch (format) {
  case ImageFormat::raw:
    return "raw";
  case ImageFormat::qcow2:
    return "qcow2";
  case ImageFormat::vhd:
    return "vhd";
  case ImageFormat::vhd_fixed:
    return "vhd-fixed";
  case ImageFormat::vhdx:
    return "vhdx";
  case ImageFormat::tar:
    return "tar";
  case ImageFormat::wsl:
    return "wsl";
  }
  throw base::BugError("unknown image format");
}

std::optional<ImageFormat> find_image_format(std::string_view word) {
  for (const auto format :
       {ImageFormat::raw, ImageFormat::qcow2, ImageFormat::vhd, ImageFormat::vhd_fixed,
        ImageFormat::vhdx, ImageFormat::tar, ImageFormat::wsl}) {
    if (word == to_string(format)) return format;
  }
  return std::nullopt;
}

std::string_view extension_of(ImageFormat format) {
  switch (format) {
  case ImageFormat::raw:
    return ".raw";
  case ImageFormat::qcow2:
    return ".qcow2";
  case ImageFormat::vhd:
  case ImageFormat::vhd_fixed:
    return ".vhd";
  case ImageFormat::vhdx:
    return ".vhdx";
  case ImageFormat::tar:
    return ".tar";
  case ImageFormat::wsl:
    return ".wsl";
  }
  throw base::BugError("unknown image format");
}

bool is_disk(ImageFormat format) {
  return format != ImageFormat::tar && format != ImageFormat::wsl;
}

} // namespace imagewright::model
