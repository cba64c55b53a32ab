// SPDX-License-Identifier: MIT
#pragma once

// One image file becomes another.

#include <filesystem>
#include <optional>

#include <imagewright/fs/publication.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

struct ConvertOptions {
  std::filesystem::path input;
  std::filesystem::path output;
  std::optional<model::ImageFormat> format;            ///< absent: what the output's name says
  std::optional<model::ImageFormat> input_format = {}; ///< absent: found from the content
  /// Reading everything once more takes time, so the digest is made only where somebody asks.
  image::ArtifactDigests digests = image::ArtifactDigests::omitted;
};

/// Throws base::Error (pipeline.unknown-format, image.…, fs.…); then there is no output.
fs::PublishedFile convert_image(const ConvertOptions& options, const plan::Services& services);

} // namespace imagewright::pipeline
