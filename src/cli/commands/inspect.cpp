// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/description.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/inspect/system_facts.hpp>
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
};

ExitCode run_inspect(const InspectWords& words, const CommandContext& context) {
  const inspect::OpenedImage image(words.image, input_format_from(words.input_format));
  const inspect::SystemFacts facts = inspect::read_system(image);
  if (words.is_json) {
    const auto files =
        words.lists_files ? inspect::FileListing::included : inspect::FileListing::omitted;
    context.console.print(
        json::to_text(inspect::to_json(image, facts, files, context.cancellation)));
    return ExitCode::done;
  }
  context.console.print(inspect::to_text(image, facts));
  if (words.lists_files) {
    context.console.print(inspect::files_to_text(image, context.cancellation));
  }
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_inspect_command(CLI::App& application) {
  const auto words = std::make_shared<InspectWords>();
  CLI::App* parser = application.add_subcommand(
      "inspect", "Show partitions, filesystems, boot chain, packages and policy of an image");
  parser
      ->add_option("IMAGE", words->image,
                   "An image file: " + base::join(model::image_format_words(), ", "))
      ->required();
  add_input_format_option(*parser, words->input_format);
  parser->add_flag("--json", words->is_json, "Print it as JSON");
  parser->add_flag("--files", words->lists_files,
                   "List every file with owner, mode, time, attributes and digest");
  parser->footer("The image is only read, and nothing is mounted.");
  return {parser, [words](const CommandContext& context) { return run_inspect(*words, context); }};
}

} // namespace imagewright::cli
