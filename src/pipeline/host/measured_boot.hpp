// SPDX-License-Identifier: MIT
#pragma once

// What a TPM will hold when one of the finished images has booted.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/audit/measured_boot.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

struct PredictedImage {
  std::filesystem::path path;
  std::optional<model::ImageFormat> format;        ///< absent: from the content
  std::optional<std::string> firmware_variables{}; ///< absent: not known, and Secure Boot is off
};

/// What `measure` says of an image, with these variables of the firmware. Throws base::Error
/// (measure.…, and what reading the image throws).
audit::MeasuredBoot predict_boot(const PredictedImage& image, const plan::Services& services);

/// All images of one build are the same disk. Nothing when none of them is one. That it cannot be
/// told is no failure: the reason is in it. Throws base::Cancelled.
std::optional<audit::MeasuredBoot> measured_boot(const std::vector<model::Artifact>& artifacts,
                                                 const plan::Services& services);

} // namespace imagewright::pipeline
