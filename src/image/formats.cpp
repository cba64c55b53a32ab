// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/base/error.hpp>

#include "image/cosi/format.hpp"
#include "image/format.hpp"
#include "image/qcow2/format.hpp"
#include "image/raw/format.hpp"
#include "image/vhd/format.hpp"
#include "image/vhdx/format.hpp"

namespace imagewright::image {

namespace {

using model::ImageFormat;

// A fixed VHD is known by its end, and raw is what everything else may be: they come last.
constexpr std::array k_formats{
    DiskFormat{ImageFormat::cosi, &k_cosi_writer, &k_cosi_reader},
    DiskFormat{ImageFormat::baremetal_image, &k_baremetal_writer, &k_cosi_reader},
    DiskFormat{ImageFormat::qcow2, &k_qcow2_writer, &k_qcow2_reader},
    DiskFormat{ImageFormat::vhd, &k_dynamic_vhd_writer, &k_dynamic_vhd_reader},
    DiskFormat{ImageFormat::vhdx, &k_vhdx_writer, &k_vhdx_reader},
    DiskFormat{ImageFormat::vhd_fixed, &k_fixed_vhd_writer, &k_fixed_vhd_reader},
    DiskFormat{ImageFormat::raw, &k_raw_writer, &k_raw_reader},
};

} // namespace

std::span<const DiskFormat> disk_formats() {
  return k_formats;
}

const DiskFormat& disk_format(ImageFormat format) {
  for (const DiskFormat& candidate : k_formats) {
    if (candidate.format == format) return candidate;
  }
  throw base::BugError("an archive is no disk");
}

} // namespace imagewright::image
