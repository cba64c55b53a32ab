// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/pipeline/convert_image.hpp>

#include "../command.hpp"
#include "../image_options.hpp"

namespace imagewright::cli {

namespace {

struct ConvertWords {
  std::string input;
  std::string output;
  std::string format;
  std::string input_format;
};

ExitCode run_convert(const ConvertWords& words, const CommandContext& context) {
  pipeline::ConvertOptions options{.input = words.input, .output = words.output};
  if (!words.format.empty()) options.format = model::find_image_format(words.format);
  options.input_format = input_format_from(words.input_format);
  const fs::PublishedFile file = pipeline::convert_image(options, context.services_without_cache());
  context.console.print(file.path.string() + "\n");
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_convert_command(CLI::App& application) {
  const auto words = std::make_shared<ConvertWords>();
  CLI::App* parser = application.add_subcommand(
      "convert", "Convert an image between " +
                     base::join(model::image_format_words(model::ImageKind::disk), ", "));
  parser->add_option("IN", words->input, "An image of any of these formats")->required();
  parser->add_option("OUT", words->output, "The file to write")->required();
  parser
      ->add_option("--format", words->format,
                   "Format of OUT (default: from its name; .vhd means vhd-fixed)")
      ->check(CLI::IsMember(model::image_format_words(model::ImageKind::disk)));
  add_input_format_option(*parser, words->input_format);
  parser->footer("OUT appears only when it is complete. The sparse parts of IN stay sparse.");
  return {parser, [words](const CommandContext& context) { return run_convert(*words, context); }};
}

} // namespace imagewright::cli
