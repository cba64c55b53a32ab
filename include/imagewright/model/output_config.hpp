// SPDX-License-Identifier: MIT
#pragma once

// What a config says about what comes in and what goes out: the base image, output files, live
// media.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/file_config.hpp>
#include <imagewright/model/located.hpp>
#include <imagewright/model/platform.hpp>

namespace imagewright::model {

struct OciPlatform {
  std::string os;
  std::string architecture; ///< empty: the host's

  bool operator==(const OciPlatform&) const = default;
};

struct OciImage {
  std::string uri;
  std::optional<OciPlatform> platform;
  base::SourceLocation where;

  bool operator==(const OciImage&) const = default;
};

struct AzureLinuxImage {
  std::string version;
  std::string variant;
  base::SourceLocation where;

  bool operator==(const AzureLinuxImage&) const = default;
};

/// The image that is customized. At most one of them; a config that composes from packages has
/// none.
struct InputConfig {
  std::optional<Located<std::filesystem::path>> image;
  std::optional<OciImage> oci;
  std::optional<AzureLinuxImage> azure_linux;

  bool is_given() const { return image || oci || azure_linux; }
  bool operator==(const InputConfig&) const = default;
};

/// Every word that `output.image.format` may be.
enum class OutputFormat : std::uint8_t {
  raw,
  qcow2,
  vhd,
  vhd_fixed,
  vhdx,
  tar,
  wsl,
  wsl_vhdx,
  wslg_system_vhd,
  iso,
  pxe_dir,
  pxe_tar,
  cosi,
  baremetal_image
};

enum class CompressionAlgorithm : std::uint8_t { none, zstd, gzip, xz };

struct CompressionConfig {
  std::optional<CompressionAlgorithm> algorithm; ///< absent: the format's default
  std::optional<std::int32_t> level;             ///< absent: the algorithm's own default

  bool operator==(const CompressionConfig&) const = default;
};

/// One file to write. Several of them hold the same disk in different formats.
struct OutputImage {
  OutputFormat format = OutputFormat::raw;
  CompressionConfig compression;
  std::optional<base::ByteSize> cluster_size; ///< of qcow2; absent: 64 KiB
  std::optional<Located<Platform>> platform;  ///< absent: the format's
  base::SourceLocation where;

  bool operator==(const OutputImage&) const = default;
};

enum class OutputArtifactItem : std::uint8_t { ukis, shim, bootloader, verity_hash };

struct OutputArtifacts {
  std::vector<OutputArtifactItem> items; ///< without repetition, in the order of the config
  std::filesystem::path path;
  base::SourceLocation where;

  bool operator==(const OutputArtifacts&) const = default;
};

struct OutputConfig {
  std::optional<LocatedText> name; ///< absent: the config's file name without extension
  std::vector<OutputImage>
      images; ///< of `output.images`, else the one of `output.image.format`, else empty
  std::optional<Located<std::filesystem::path>> image_path; ///< `output.image.path`
  std::optional<Located<std::int32_t>> cosi_compression_level;
  std::optional<OutputArtifacts> artifacts;
  std::optional<Located<std::filesystem::path>> selinux_policy_path;
  std::vector<LocatedText> script_files; ///< names of files that scripts leave behind

  bool operator==(const OutputConfig&) const = default;
};

enum class InitramfsType : std::uint8_t { bootstrap, full_os };
enum class KdumpBootFiles : std::uint8_t { none, keep };

/// `iso` or `pxe`: a live medium made from the image.
struct LiveMediumConfig {
  std::vector<LocatedText> kernel_command_line;
  std::vector<AdditionalFile> additional_files;    ///< destinations are on the medium
  std::optional<Located<InitramfsType>> initramfs; ///< absent: bootstrap for iso, full-os for pxe
  std::optional<Located<KdumpBootFiles>> kdump_boot_files;
  std::optional<LocatedText> bootstrap_base_url; ///< pxe only
  std::optional<LocatedText> bootstrap_file_url; ///< pxe only
  base::SourceLocation where;

  bool operator==(const LiveMediumConfig&) const = default;
};

} // namespace imagewright::model
