// SPDX-License-Identifier: MIT
#pragma once

// The formats of image files, one row each. The command line, the config language, hints and docs
// list what stands here; how a format is written and read stands in its row of image/formats.cpp.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::model {

enum class ImageFormat : std::uint8_t { raw, qcow2, vhd, vhd_fixed, vhdx, tar, wsl };

/// A disk with partitions, or the root's files.
enum class ImageKind : std::uint8_t { disk, archive };

enum class CompressionAlgorithm : std::uint8_t { none, zstd, gzip, xz };

/// What compresses inside of the file, or around it; "none" always does.
struct CompressionSet {
  bool zstd = false;
  bool gzip = false;
  bool xz = false;

  constexpr bool has(CompressionAlgorithm algorithm) const {
    switch (algorithm) {
    case CompressionAlgorithm::none:
      return true;
    case CompressionAlgorithm::zstd:
      return zstd;
    case CompressionAlgorithm::gzip:
      return gzip;
    case CompressionAlgorithm::xz:
      return xz;
    }
    return false;
  }
};

struct ImageFormatRow {
  ImageFormat format = ImageFormat::raw;
  std::string_view word;      ///< of configs and of the command line
  std::string_view extension; ///< with the dot; two formats may share one
  std::string_view title;     ///< what it is, for a list of words
  ImageKind kind = ImageKind::disk;
  CompressionSet compressions = {};
  CompressionAlgorithm default_compression = CompressionAlgorithm::none;
  /// The end of the name says how the file is compressed: ".tar.zst".
  bool shows_compression = false;
  /// The size of a cluster can be chosen.
  bool has_clusters = false;
  std::string_view qemu_driver = {}; ///< the block driver of QEMU; empty: QEMU reads it not
  /// Every disk is a multiple of this, because those who take the file ask for it.
  base::ByteSize size_unit = base::ByteSize(512);
  /// Which of the formats with one extension `convert` writes.
  bool owns_extension = true;
};

// Azure takes fixed VHDs of whole MiB, and converting for it is why most people convert to VHD.
inline constexpr std::array k_image_formats{
    ImageFormatRow{.format = ImageFormat::vhd,
                   .word = "vhd",
                   .extension = ".vhd",
                   .title = "dynamic VHD",
                   .qemu_driver = "vpc",
                   .size_unit = base::ByteSize::mib(1),
                   .owns_extension = false},
    ImageFormatRow{.format = ImageFormat::vhd_fixed,
                   .word = "vhd-fixed",
                   .extension = ".vhd",
                   .title = "fixed VHD, as Azure needs it",
                   .qemu_driver = "vpc",
                   .size_unit = base::ByteSize::mib(1)},
    ImageFormatRow{.format = ImageFormat::vhdx,
                   .word = "vhdx",
                   .extension = ".vhdx",
                   .title = "VHDX",
                   .qemu_driver = "vhdx"},
    ImageFormatRow{.format = ImageFormat::qcow2,
                   .word = "qcow2",
                   .extension = ".qcow2",
                   .title = "QEMU's format",
                   .compressions = {.zstd = true, .gzip = true},
                   .has_clusters = true,
                   .qemu_driver = "qcow2"},
    ImageFormatRow{.format = ImageFormat::raw,
                   .word = "raw",
                   .extension = ".raw",
                   .title = "the disk's bytes",
                   .qemu_driver = "raw"},
    ImageFormatRow{.format = ImageFormat::tar,
                   .word = "tar",
                   .extension = ".tar",
                   .title = "archive of the root's files",
                   .kind = ImageKind::archive,
                   .compressions = {.zstd = true, .gzip = true, .xz = true},
                   .default_compression = CompressionAlgorithm::zstd,
                   .shows_compression = true},
    // gzip is what every version of WSL reads; none reads zstd.
    ImageFormatRow{.format = ImageFormat::wsl,
                   .word = "wsl",
                   .extension = ".wsl",
                   .title = "archive for the Windows Subsystem for Linux",
                   .kind = ImageKind::archive,
                   .compressions = {.gzip = true, .xz = true},
                   .default_compression = CompressionAlgorithm::gzip},
};

constexpr const ImageFormatRow& row_of(ImageFormat format) {
  return *std::find_if(k_image_formats.begin(), k_image_formats.end(),
                       [&](const ImageFormatRow& row) { return row.format == format; });
}

constexpr std::string_view to_string(ImageFormat format) {
  return row_of(format).word;
}
std::optional<ImageFormat> find_image_format(std::string_view word);
/// With the dot.
constexpr std::string_view extension_of(ImageFormat format) {
  return row_of(format).extension;
}
/// A disk with partitions, and not an archive of the root's files.
constexpr bool is_disk(ImageFormat format) {
  return row_of(format).kind == ImageKind::disk;
}

/// The words of all formats, or of those of one kind, in the order of the table.
std::vector<std::string> image_format_words();
std::vector<std::string> image_format_words(ImageKind kind);

} // namespace imagewright::model
