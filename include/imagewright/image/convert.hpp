// SPDX-License-Identifier: MIT
#pragma once

// One image file becomes another.

#include <filesystem>
#include <functional>
#include <optional>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::image {

struct ConvertRequest {
  std::filesystem::path input;                         ///< any format that open_image knows
  std::optional<model::ImageFormat> input_format = {}; ///< absent: found from the content
  ArtifactOutput output;
  base::Epoch epoch;
  unsigned thread_count = 1;
  ArtifactDigests digests = ArtifactDigests::omitted;
  /// Tells of a raw disk, for formats that have such a description (model::ImageFormatRow).
  std::function<model::DiskDescription(const std::filesystem::path& raw)> describe = {};
};

/// Writes the output (which must not exist); the input is never changed. The disk's identifier in
/// formats that store one is that of its partition table, or comes from its content when it has
/// none. A disk becomes larger where the format of the output
/// asks for it, which the reporter is told. Throws what open_image and write_artifacts throw.
model::Artifact convert(const ConvertRequest& request, report::Reporter& reporter,
                        const base::Cancellation& cancellation);

} // namespace imagewright::image
