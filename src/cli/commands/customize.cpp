// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/customize.hpp>
#include <imagewright/report/duration_text.hpp>

#include "../base_options.hpp"
#include "../command.hpp"
#include "../image_options.hpp"
#include "../plan_options.hpp"
#include "../published_files.hpp"
#include "../rung_options.hpp"

namespace imagewright::cli {

namespace {

struct CustomizeWords {
  PlanWords plan;
  BaseWords base;
  RungWords rung;
  std::string output_directory;
  bool is_dry = false;
  bool is_json = false;
};

json::Value to_json(const pipeline::CustomizeResult& result) {
  json::Array partitions;
  for (const pipeline::PartitionReport& each : result.partitions) {
    partitions.push_back(json::Object{{"id", each.id},
                                      {"mountPoint", each.mount_point},
                                      {"isRewritten", each.is_rewritten},
                                      {"firstChange", each.first_change},
                                      {"bytes", each.size.bytes()},
                                      {"usedBytes", each.used.bytes()}});
  }
  return json::Object{{"files", json_of(result.files)}, {"partitions", partitions}};
}

/// For the person who waited: what there is now, and what of the base it still is.
std::string last_words(const pipeline::CustomizeResult& result, std::chrono::nanoseconds duration) {
  std::string text =
      fmt::format("done in {}: {} files\n", report::duration_text(duration), result.files.size());
  for (const fs::PublishedFile& file : result.files) {
    const base::ByteSize size(std::filesystem::file_size(file.path));
    text += fmt::format("  {}  {}\n", file.path.string(), base::to_string(size));
  }
  for (const pipeline::PartitionReport& each : result.partitions) {
    text += fmt::format("  partition {}: {}\n", each.id,
                        each.is_rewritten
                            ? fmt::format("written anew for {} and more, {} of {} used",
                                          base::escape_controls(each.first_change),
                                          base::to_string(each.used), base::to_string(each.size))
                            : "byte for byte as in the base");
  }
  text.pop_back();
  return text;
}

pipeline::CustomizeOptions options_from(const CustomizeWords& words,
                                        const CommandContext& context) {
  pipeline::CustomizeOptions options = customize_options_from(words.base, words.plan, context);
  options.output_directory = words.output_directory;
  options.rung = wanted_rung(words.rung);
  options.machine_kernel = machine_kernel(words.rung);
  return options;
}

ExitCode run_customize(const CustomizeWords& words, const CommandContext& context) {
  const pipeline::CustomizeOptions options = options_from(words, context);
  if (words.is_dry) {
    const auto outline = pipeline::outline_customizing(options, context.services());
    context.console.print(words.is_json ? json::to_text(pipeline::to_json(outline))
                                        : pipeline::to_text(outline));
    return ExitCode::done;
  }
  const auto started = context.clock.now();
  const pipeline::CustomizeResult result = pipeline::customize(options, context.services());
  if (words.is_json) {
    context.console.print(json::to_text(to_json(result)));
  } else {
    print_paths(context.console, result.files);
  }
  context.console.reporter().message(report::Level::info,
                                     last_words(result, context.clock.now() - started));
  return ExitCode::done;
}

} // namespace

Command customize_command() {
  const auto words = std::make_shared<CustomizeWords>();
  Command command{.name = "customize",
                  .summary = "Make images from one that exists, changed as CONFIG says"};
  command.arguments = {
      {.value = "CONFIG",
       .description = "The image config, a YAML file",
       .target = &words->plan.config,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--image"},
       .value = "BASE",
       .description = "The image to start from, by default what input.image.path says",
       .target = &words->base.image,
       .completes = Completes::files},
      input_format_argument(words->base.format)};
  add_format_option(command, words->plan);
  command.arguments.push_back(variant_argument(words->plan));
  command.arguments.push_back(release_argument(words->plan));
  command.arguments.push_back({.names = {"--repo"},
                               .value = "NAME=URL|DIR",
                               .description = "Take the repository NAME from there, or add it",
                               .target = &words->plan.repositories});
  command.arguments.push_back(key_argument(words->plan));
  add_lock_use_options(command, words->plan);
  const std::vector<Argument> more{
      {.names = {"-o", "--output-dir"},
       .value = "DIR",
       .description =
           "Where artifacts are published, by default the directory of output.image.path, "
           "else out",
       .target = &words->output_directory,
       .completes = Completes::directories},
      {.names = {"--dry-run"},
       .description = "Read config and base, say what would be done, and write nothing",
       .target = &words->is_dry},
      json_argument(words->is_json)};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  add_rung_options(command, words->rung);
  command.notes =
      "BASE is never changed. What the config does not touch stays: a partition in which nothing "
      "changes is carried byte for byte, every other one is written anew with its identifiers. "
      "Packages come from the release's repositories and the config's, never from those that BASE "
      "names; --dry-run says what goes, what comes and what stays. Where the lock beside CONFIG is "
      "of this BASE and fresh (imagewright lock --image), it says which packages. "
      "Keys that cannot be honoured are refused before anything is written.";
  command.examples = {
      {"imagewright customize --image base.vhd node.yaml --dry-run", "What would be done"},
      {"imagewright customize --image base.qcow2 node.yaml -o images", "And doing it"}};
  command.action = [words](const CommandContext& context) {
    return for_each_variant(words->plan, words->is_json ? Output::single : Output::of_each,
                            [&] { return run_customize(*words, context); });
  };
  return command;
}

} // namespace imagewright::cli
