// SPDX-License-Identifier: MIT
#include <memory>
#include <optional>

#include <imagewright/base/text.hpp>
#include <imagewright/measure/measure.hpp>
#include <imagewright/model/image_format.hpp>

#include "../command.hpp"
#include "../image_options.hpp"

namespace imagewright::cli {

namespace {

/// No flash of variables is larger.
constexpr base::ByteSize k_largest_flash = base::ByteSize::mib(16);

struct MeasureWords {
  std::string image;
  std::string input_format;
  std::string entry;
  std::string variables;
  bool has_variables = false;
  bool is_json = false;
};

std::optional<std::string> variables_of(const MeasureWords& words) {
  if (!words.has_variables) return std::nullopt;
  return read_input(words.variables, "firmware's variables", k_largest_flash);
}

ExitCode run_measure(const MeasureWords& words, const CommandContext& context) {
  input_file(words.image, "image");
  context.console.print(measure::describe(
      {.image = words.image,
       .format = input_format_from(words.input_format),
       .options = {.entry = words.entry, .firmware_variables = variables_of(words)},
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
      {.names = {"--firmware-variables"},
       .value = "FILE",
       .description = "The machine's variables, as EDK II keeps them in its flash "
                      "(OVMF_VARS_4M.ms.fd): they decide Secure Boot, and register 7",
       .target = &words->variables,
       .completes = Completes::files,
       .is_given = &words->has_variables},
      json_argument(words->is_json)};
  command.notes =
      "The first boot by UEFI is what is told. Registers 0 to 3, 6 and 10 are the machine's, and 7 "
      "without its variables. What is not known is said, with the reason.";
  command.examples = {
      {"imagewright measure out/node-x86_64.qcow2", "Registers, and what is in them"},
      {"imagewright measure --json out/node-x86_64.vhd > expected.json", "For whoever attests"},
      {"imagewright measure --firmware-variables OVMF_VARS_4M.ms.fd out/node-x86_64.qcow2",
       "With Secure Boot's keys: would it start, and what does register 7 say?"}};
  command.action = [words](const CommandContext& context) { return run_measure(*words, context); };
  return command;
}

} // namespace imagewright::cli
