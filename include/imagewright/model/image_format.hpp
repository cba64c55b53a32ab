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
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/model/platform.hpp>

namespace imagewright::model {

/// A disk with partitions, the root's files, or a disk that is one filesystem without partitions.
enum class ImageKind : std::uint8_t { disk, archive, volume };

/// What of the root goes into the file.
enum class RootForm : std::uint8_t {
  node,             ///< all of it
  wsl_distribution, ///< what the Windows Subsystem for Linux takes as a distribution
  wslg_system,      ///< what it takes as the system distribution that shows windows
};

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
  OutputFormat config_word = OutputFormat::raw; ///< as the language reads it
  std::string_view word;                        ///< of configs and of the command line
  std::string_view extension;                   ///< with the dot; two formats may share one
  std::string_view title;                       ///< what it is, for a list of words
  ImageKind kind = ImageKind::disk;
  CompressionSet compressions = {};
  /// Where the config names none.
  CompressionAlgorithm usual_compression = CompressionAlgorithm::none;
  /// The end of the name says how the file is compressed: ".tar.zst".
  bool shows_compression = false;
  /// The size of a cluster can be chosen.
  bool has_clusters = false;
  std::string_view qemu_driver = {}; ///< the block driver of QEMU; empty: QEMU reads it not
  /// The file tells of the system as well: its packages, its boot loader, what is mounted where.
  bool is_described = false;
  /// Every disk is a multiple of this, because those who take the file ask for it.
  base::ByteSize size_unit = base::ByteSize(512);
  /// Which of the formats with one extension `convert` writes.
  bool owns_extension = true;
  /// Where such files usually run; absent: nowhere in particular.
  std::optional<Platform> platform = {};
  RootForm root_form = RootForm::node;
  /// Of a volume: the format of the disk that is the filesystem.
  ImageFormat container = ImageFormat::raw;
};

// Azure takes fixed VHDs of whole MiB, and converting for it is why most people convert to VHD.
inline constexpr std::array k_image_formats{
    ImageFormatRow{.format = ImageFormat::vhd,
                   .config_word = OutputFormat::vhd,
                   .word = "vhd",
                   .extension = ".vhd",
                   .title = "dynamic VHD",
                   .qemu_driver = "vpc",
                   .size_unit = base::ByteSize::mib(1),
                   .owns_extension = false,
                   .platform = Platform::hyperv},
    ImageFormatRow{.format = ImageFormat::vhd_fixed,
                   .config_word = OutputFormat::vhd_fixed,
                   .word = "vhd-fixed",
                   .extension = ".vhd",
                   .title = "fixed VHD, as Azure needs it",
                   .qemu_driver = "vpc",
                   .size_unit = base::ByteSize::mib(1),
                   .platform = Platform::azure},
    ImageFormatRow{.format = ImageFormat::vhdx,
                   .config_word = OutputFormat::vhdx,
                   .word = "vhdx",
                   .extension = ".vhdx",
                   .title = "VHDX",
                   .qemu_driver = "vhdx",
                   .platform = Platform::hyperv},
    ImageFormatRow{.format = ImageFormat::qcow2,
                   .config_word = OutputFormat::qcow2,
                   .word = "qcow2",
                   .extension = ".qcow2",
                   .title = "QEMU's format",
                   .compressions = {.zstd = true, .gzip = true},
                   .has_clusters = true,
                   .qemu_driver = "qcow2",
                   .platform = Platform::qemu},
    ImageFormatRow{.format = ImageFormat::raw,
                   .config_word = OutputFormat::raw,
                   .word = "raw",
                   .extension = ".raw",
                   .title = "the disk's bytes",
                   .qemu_driver = "raw",
                   .platform = Platform::bare},
    ImageFormatRow{.format = ImageFormat::tar,
                   .config_word = OutputFormat::tar,
                   .word = "tar",
                   .extension = ".tar",
                   .title = "archive of the root's files",
                   .kind = ImageKind::archive,
                   .compressions = {.zstd = true, .gzip = true, .xz = true},
                   .usual_compression = CompressionAlgorithm::zstd,
                   .shows_compression = true},
    // No version of WSL reads zstd; each reads gzip.
    ImageFormatRow{.format = ImageFormat::wsl,
                   .config_word = OutputFormat::wsl,
                   .word = "wsl",
                   .extension = ".wsl",
                   .title = "archive for the Windows Subsystem for Linux",
                   .kind = ImageKind::archive,
                   .compressions = {.gzip = true, .xz = true},
                   .usual_compression = CompressionAlgorithm::gzip,
                   .platform = Platform::wsl,
                   .root_form = RootForm::wsl_distribution},
    ImageFormatRow{.format = ImageFormat::wsl_vhdx,
                   .config_word = OutputFormat::wsl_vhdx,
                   .word = "wsl-vhdx",
                   .extension = ".wsl.vhdx",
                   .title = "VHDX of one ext4, for wsl --import-in-place",
                   .kind = ImageKind::volume,
                   .owns_extension = false,
                   .platform = Platform::wsl,
                   .root_form = RootForm::wsl_distribution,
                   .container = ImageFormat::vhdx},
    ImageFormatRow{.format = ImageFormat::wslg_system_vhd,
                   .config_word = OutputFormat::wslg_system_vhd,
                   .word = "wslg-system-vhd",
                   .extension = ".wslg.vhd",
                   .title = "fixed VHD of one ext4, as system distribution of WSLg",
                   .kind = ImageKind::volume,
                   .owns_extension = false,
                   .platform = Platform::wsl,
                   .root_form = RootForm::wslg_system,
                   .container = ImageFormat::vhd_fixed},
    ImageFormatRow{.format = ImageFormat::cosi,
                   .config_word = OutputFormat::cosi,
                   .word = "cosi",
                   .extension = ".cosi",
                   .title = "archive of partition images, which installers take",
                   .compressions = {.zstd = true},
                   .usual_compression = CompressionAlgorithm::zstd,
                   .is_described = true,
                   .platform = Platform::bare},
    ImageFormatRow{.format = ImageFormat::baremetal_image,
                   .config_word = OutputFormat::baremetal_image,
                   .word = "baremetal-image",
                   .extension = ".baremetal.cosi",
                   .title = "the same in whole MiB, with the footer of a fixed VHD behind it",
                   .compressions = {.zstd = true},
                   .usual_compression = CompressionAlgorithm::zstd,
                   .is_described = true,
                   .owns_extension = false,
                   .platform = Platform::bare},
};

constexpr const ImageFormatRow& row_of(ImageFormat format) {
  return *std::find_if(k_image_formats.begin(), k_image_formats.end(),
                       [&](const ImageFormatRow& row) { return row.format == format; });
}

/// The format of a disk whose file has this extension, with its dot; nothing where none is known
/// for it.
constexpr std::optional<ImageFormat> disk_format_of_extension(std::string_view extension) {
  if (extension == ".img") return ImageFormat::raw;
  for (const ImageFormatRow& row : k_image_formats) {
    if (row.kind == ImageKind::disk && row.owns_extension && row.extension == extension)
      return row.format;
  }
  return std::nullopt;
}

/// The word of configs that means this format.
constexpr OutputFormat output_format_of(ImageFormat format) {
  return row_of(format).config_word;
}

/// The format that this word means; nothing for media, which hold more than one image.
constexpr std::optional<ImageFormat> image_format_of(OutputFormat word) {
  const auto* row =
      std::find_if(k_image_formats.begin(), k_image_formats.end(),
                   [&](const ImageFormatRow& each) { return each.config_word == word; });
  return row == k_image_formats.end() ? std::nullopt : std::optional(row->format);
}

/// What the config asks for, else what is usual for the format.
constexpr CompressionAlgorithm compression_of(const OutputImage& output) {
  if (output.compression.algorithm) return *output.compression.algorithm;
  const auto format = image_format_of(output.format);
  return format ? row_of(*format).usual_compression : CompressionAlgorithm::none;
}

/// The words of all formats, or of those of one kind, in the order of the table.
std::vector<std::string> image_format_words();
std::vector<std::string> image_format_words(ImageKind kind);

} // namespace imagewright::model
