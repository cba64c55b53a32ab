// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/pipeline/convert_image.hpp>

#include "../command.hpp"
#include "../image_options.hpp"
#include "../published_files.hpp"

namespace imagewright::cli {

namespace {

struct ConvertWords {
  std::string input;
  std::string output;
  std::string format;
  std::string input_format;
  bool may_replace = false;
  bool is_json = false;
};

/// What is there stays, unless its replacement was asked for.
void refuse_replacement(const ConvertWords& words) {
  const auto present = std::filesystem::symlink_status(words.output);
  // What is neither file nor link is refused later, whatever was asked for.
  const bool is_replaceable =
      std::filesystem::is_regular_file(present) || std::filesystem::is_symlink(present);
  if (words.may_replace || !is_replaceable) return;
  throw base::Error(base::FailureKind::input, "cli.output-exists",
                    fmt::format("{} exists already", base::quoted(words.output)),
                    "give another name, or --force to replace it");
}

ExitCode run_convert(const ConvertWords& words, const CommandContext& context) {
  input_file(words.input, "image");
  refuse_replacement(words);
  pipeline::ConvertOptions options{.input = words.input, .output = words.output};
  if (!words.format.empty()) options.format = model::find_image_format(words.format);
  options.input_format = input_format_from(words.input_format);
  if (words.is_json) options.digests = image::ArtifactDigests::computed;
  const fs::PublishedFile file = pipeline::convert_image(options, context.services(CacheUse::none));
  if (words.is_json) {
    context.console.print(json::to_text(json_of(file)));
  } else {
    print_paths(context.console, {file});
  }
  return ExitCode::done;
}

} // namespace

Command convert_command() {
  const auto words = std::make_shared<ConvertWords>();
  Command command{.name = "convert",
                  .summary = "Convert an image between " +
                             base::join(model::image_format_words(model::ImageKind::disk), ", ")};
  command.arguments = {{.value = "IN",
                        .description = "An image of any of these formats",
                        .target = &words->input,
                        .completes = Completes::files,
                        .is_required = true},
                       {.value = "OUT",
                        .description = "The file to write",
                        .target = &words->output,
                        .completes = Completes::files,
                        .is_required = true},
                       {.names = {"--format"},
                        .value = "FORMAT",
                        .description = "Format of OUT, by default from its name; .vhd means "
                                       "vhd-fixed",
                        .target = &words->format,
                        .choices = model::image_format_words(model::ImageKind::disk)},
                       input_format_argument(words->input_format),
                       {.names = {"-f", "--force"},
                        .description = "Replace OUT when it exists",
                        .target = &words->may_replace},
                       json_argument(words->is_json)};
  command.notes = "OUT appears only when it is complete. The sparse parts of IN stay sparse.";
  command.examples = {
      {"imagewright convert node.qcow2 node.vhd", "A fixed VHD, as Azure takes it"},
      {"imagewright convert disk.img node.raw --force", "Replace an older node.raw"}};
  command.action = [words](const CommandContext& context) { return run_convert(*words, context); };
  return command;
}

} // namespace imagewright::cli
