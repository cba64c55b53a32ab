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
  }
  throw base::BugError("unknown image format");
}

std::optional<ImageFormat> find_image_format(std::string_view word) {
  for (const auto format : {ImageFormat::raw, ImageFormat::qcow2, ImageFormat::vhd,
                            ImageFormat::vhd_fixed, ImageFormat::vhdx}) {
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
  }
  throw base::BugError("unknown image format");
}

} // namespace imagewright::model
