// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/measure/measure.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "phase_job.hpp"

namespace imagewright::measure {

namespace {

constexpr std::string_view k_job = "measure-image";

std::string measure_image(const sandbox::WorkerCall& call) {
  const image::HandedImages images(call);
  sandbox::ByteReader request(images.request());
  const auto form = static_cast<MeasurementForm>(request.number());
  MeasureOptions options;
  options.entry = request.text();
  if (request.flag()) options.firmware_variables = request.text();
  const inspect::OpenedImage image(images.name(0), images.open(0));
  const Measurement measurement = measure(image, options);
  return form == MeasurementForm::json ? json::to_text(to_json(measurement)) : to_text(measurement);
}

} // namespace

std::string describe(const MeasurementRequest& request, const base::Cancellation& cancellation) {
  const image::ImageFile file = image::open_image_file(request.image, request.format);
  sandbox::ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(request.form));
  writer.text(request.options.entry);
  const std::optional<std::string>& variables = request.options.firmware_variables;
  writer.flag(variables.has_value());
  if (variables) writer.text(*variables);
  return sandbox::ask_worker(
      image::request_to_read(std::span(&file, 1),
                             {.job = k_job,
                              .subject = "the image " + base::quoted(file.name),
                              .request = writer.take()}),
      cancellation, [&](std::string_view answer) {
        std::string text = inspect::require_harmless(answer);
        if (request.form == MeasurementForm::json) inspect::require_json(text);
        return text;
      });
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{sandbox::WorkerJob{.name = k_job, .run = &measure_image},
                                   sandbox::WorkerJob{.name = k_phase_job, .run = &measure_phases}};
  return jobs;
}

} // namespace imagewright::measure
