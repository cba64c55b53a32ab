// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>

#include <imagewright/config/inject_files.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/pipeline/customize.hpp>

#include "../command.hpp"
#include "../image_options.hpp"
#include "../plan_options.hpp"
#include "../published_files.hpp"
#include "../rung_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct InjectWords {
  std::string list;
  std::string image;
  std::string image_format;
  std::string output;
  std::string format;
  RungWords rung;
  bool is_json = false;
};

ExitCode run_inject_files(const InjectWords& words, const CommandContext& context) {
  input_file(words.list, "list");
  input_file(words.image, "image");
  pipeline::InjectOptions options{.files = config::load_inject_files(words.list),
                                  .base = words.image,
                                  .base_format = input_format_from(words.image_format),
                                  .output = words.output,
                                  .format = std::nullopt,
                                  .epoch = environment_epoch(context),
                                  .tool_version = k_version,
                                  .rung = wanted_rung(words.rung),
                                  .machine_kernel = machine_kernel(words.rung)};
  if (!words.format.empty()) options.format = model::find_image_format(words.format);
  const pipeline::CustomizeResult result =
      pipeline::inject_files(options, context.services(CacheUse::none));
  if (words.is_json) {
    context.console.print(json::to_text(json::Object{{"files", json_of(result.files)}}));
  } else {
    print_paths(context.console, result.files);
  }
  return ExitCode::done;
}

} // namespace

Command inject_files_command() {
  const auto words = std::make_shared<InjectWords>();
  Command command{.name = "inject-files",
                  .summary = "Put files that were signed elsewhere back into their image"};
  command.arguments = {
      {.value = "LIST",
       .description = "Which file goes where: the inject-files.yaml that output.artifacts made",
       .target = &words->list,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--image"},
       .value = "IMAGE",
       .description = "The image that they came from",
       .target = &words->image,
       .completes = Completes::files,
       .is_required = true},
      input_format_argument(words->image_format),
      {.names = {"-o", "--output"},
       .value = "OUT",
       .description = "The image to write",
       .target = &words->output,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--format"},
       .value = "FORMAT",
       .description = "Format of OUT, by default that of IMAGE",
       .target = &words->format,
       .choices = model::image_format_words(model::ImageKind::disk)},
      json_argument(words->is_json)};
  add_rung_options(command, words->rung);
  command.notes =
      "IMAGE is never changed. Only the partitions that the files go to are written anew, with the "
      "identifiers that they had; everything else is carried byte for byte. Partitions that "
      "dm-verity vouches for are refused.";
  command.examples = {
      {"imagewright inject-files signing/inject-files.yaml --image node.raw -o signed/node.raw",
       "The files that the config's output.artifacts had put into signing, signed there"},
      {"imagewright inject-files inject-files.yaml --image node.raw -o signed.vhd --format "
       "vhd-fixed",
       "The same as an image for Azure"}};
  command.action = [words](const CommandContext& context) {
    return run_inject_files(*words, context);
  };
  return command;
}

} // namespace imagewright::cli
