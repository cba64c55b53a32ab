// SPDX-License-Identifier: MIT
#pragma once

// Reads an image and says what booting it for the first time puts into a TPM.

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/measure/measurement.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::measure {

struct MeasureOptions {
  /// File name of the boot loader's entry that is started; empty: the only one.
  std::string entry;
  /// The flash in which the machine's firmware keeps its variables; absent: not known.
  std::optional<std::string> firmware_variables;
};

/// Throws base::Error (measure.no-program, measure.no-entry, measure.several-entries,
/// measure.damaged-program, measure.damaged-variables, measure.refused-program, and what reading
/// the image throws).
Measurement measure(const inspect::OpenedImage& image, const MeasureOptions& options);

json::Value to_json(const Measurement& measurement);

enum class MeasurementForm : std::uint8_t { text, json };

struct MeasurementRequest {
  std::filesystem::path image;
  std::optional<model::ImageFormat> format; ///< absent: from the content
  MeasureOptions options;
  MeasurementForm form = MeasurementForm::text;
};

/// The same by a worker that has nothing but the image.
std::string describe(const MeasurementRequest& request, const base::Cancellation& cancellation);

std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::measure
