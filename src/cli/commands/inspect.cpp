// SPDX-License-Identifier: MIT
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/model/image_format.hpp>

#include "../command.hpp"
#include "../image_options.hpp"

namespace imagewright::cli {

namespace {

struct InspectWords {
  std::string image;
  std::string input_format;
  bool is_json = false;
  bool lists_files = false;
  std::string checks;
};

std::optional<std::vector<model::Check>> read_checks(const std::string& file) {
  if (file.empty()) return std::nullopt;
  return audit::parse_manifest(read_input(file, "manifest", audit::k_largest_manifest), file)
      .checks;
}

ExitCode run_inspect(const InspectWords& words, const CommandContext& context) {
  input_file(words.image, "image");
  const inspect::DescribedImage described = inspect::describe(
      {.image = words.image,
       .format = input_format_from(words.input_format),
       .form = words.is_json ? inspect::DescriptionForm::json : inspect::DescriptionForm::text,
       .files = words.lists_files ? inspect::FileListing::included : inspect::FileListing::omitted,
       .checks = read_checks(words.checks)},
      context.cancellation);
  context.console.print(described.text);
  return described.failed_checks == 0 ? ExitCode::done : ExitCode::verification_failed;
}

} // namespace

Command inspect_command() {
  const auto words = std::make_shared<InspectWords>();
  Command command{.name = "inspect",
                  .summary =
                      "Show partitions, filesystems, boot chain, packages and policy of an image"};
  command.arguments = {
      {.value = "IMAGE",
       .description =
           "An image: " + base::join(model::image_format_words(model::ImageKind::disk), ", "),
       .target = &words->image,
       .completes = Completes::files,
       .is_required = true},
      input_format_argument(words->input_format),
      json_argument(words->is_json),
      {.names = {"--files"},
       .description = "List every file with owner, mode, time, attributes and digest",
       .target = &words->lists_files},
      {.names = {"--checks"},
       .value = "MANIFEST",
       .description = "Ask what the image's files can tell of the checks of a manifest",
       .target = &words->checks,
       .completes = Completes::files}};
  command.notes =
      "The image is only read, and nothing is mounted. With --checks, the exit code is 5 "
      "when one fails; what only a booted machine can tell is not asked.";
  command.examples = {
      {"imagewright inspect out/node-x86_64.qcow2", "What is in an image"},
      {"imagewright inspect --json --files disk.vhd > disk.json", "Everything, for a program"},
      {"imagewright inspect --checks out/node-x86_64.manifest.json out/node-x86_64.qcow2",
       "Whether it keeps what its config and roles promise, as far as its files tell"}};
  command.action = [words](const CommandContext& context) { return run_inspect(*words, context); };
  return command;
}

} // namespace imagewright::cli
