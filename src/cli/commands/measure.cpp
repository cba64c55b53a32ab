// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/base/text.hpp>
#include <imagewright/measure/measure.hpp>
#include <imagewright/model/image_format.hpp>

#include "../command.hpp"
#include "../image_options.hpp"

namespace imagewright::cli {

namespace {

struct MeasureWords {
  std::string image;
  std::string input_format;
  std::string entry;
  bool is_json = false;
};

ExitCode run_measure(const MeasureWords& words, const CommandContext& context) {
  input_file(words.image, "image");
  context.console.print(measure::describe(
      {.image = words.image,
       .format = input_format_from(words.input_format),
       .entry = words.entry,
       .form = words.is_json ? measure::MeasurementForm::json : measure::MeasurementForm::text},
      context.cancellation));
  return ExitCode::done;
}

} // namespace

Command measure_command() {
  const auto words = std::make_shared<MeasureWords>();
  Command command{.name = "measure",
                  .summary = "Say which values a TPM has when the image has booted, and why"};
  command.arguments = {
      {.value = "IMAGE",
       .description = "An image: " + base::join(model::image_format_words(), ", "),
       .target = &words->image,
       .completes = Completes::files,
       .is_required = true},
      input_format_argument(words->input_format),
      {.names = {"--entry"},
       .value = "NAME",
       .description = "File name of the boot loader's entry, where there are several",
       .target = &words->entry},
      json_argument(words->is_json)};
  command.notes =
      "The first boot by UEFI, without Secure Boot, is what is told: registers 4, 5, 9, "
      "11 and 12 of systemd-boot and of unified kernel images. What the firmware or "
      "another boot loader decides is said to be unknown.";
  command.examples = {
      {"imagewright measure out/node-x86_64.qcow2", "Registers, and what is in them"},
      {"imagewright measure --json out/node-x86_64.vhd > expected.json", "For whoever attests"}};
  command.action = [words](const CommandContext& context) { return run_measure(*words, context); };
  return command;
}

} // namespace imagewright::cli
