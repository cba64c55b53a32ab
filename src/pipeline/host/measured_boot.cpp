// SPDX-License-Identifier: MIT
#include "measured_boot.hpp"

#include <algorithm>
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/measure/measure.hpp>
#include <imagewright/report/stage_scope.hpp>

namespace imagewright::pipeline {

namespace {

/// The one that is read with the least work.
const model::Artifact* find_disk(const std::vector<model::Artifact>& artifacts) {
  const model::Artifact* best = nullptr;
  for (const model::Artifact& artifact : artifacts) {
    if (!model::is_disk(artifact.format)) continue;
    if (best == nullptr || artifact.format == model::ImageFormat::raw) best = &artifact;
  }
  return best;
}

/// Whatever does not speak of the image itself may name files that are gone when it is read.
std::string reason_of(const base::Error& error) {
  const base::Diagnostic& diagnostic = error.diagnostic();
  return diagnostic.code.starts_with("measure.") ? diagnostic.message
                                                 : "the image was not read: " + diagnostic.code;
}

} // namespace

audit::MeasuredBoot predict_boot(const PredictedImage& image, const plan::Services& services) {
  const std::string name = "the measurement";
  const std::string told =
      measure::describe({.image = image.path,
                         .format = image.format,
                         .options = {.entry = {}, .firmware_variables = image.firmware_variables},
                         .form = measure::MeasurementForm::json},
                        services.cancellation);
  return audit::measured_boot_from(json::parse(told, name), name);
}

std::optional<audit::MeasuredBoot> measured_boot(const std::vector<model::Artifact>& artifacts,
                                                 const plan::Services& services) {
  const model::Artifact* disk = find_disk(artifacts);
  if (disk == nullptr) return std::nullopt;
  const report::StageScope stage(services.reporter, "measure");
  try {
    return predict_boot({.path = disk->path, .format = disk->format}, services);
  } catch (const base::Error& error) {
    // That a worker was killed says nothing of the image: the next manifest of it would be another.
    if (error.diagnostic().code.starts_with("sandbox.")) throw;
    return audit::MeasuredBoot{.entry = {}, .registers = {}, .unknown = reason_of(error)};
  }
}

} // namespace imagewright::pipeline
