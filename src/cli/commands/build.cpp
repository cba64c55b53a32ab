// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/fleet/matrix.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/report/duration_text.hpp>

#include "../command.hpp"
#include "../depot_options.hpp"
#include "../plan_options.hpp"
#include "../published_files.hpp"
#include "../rung_options.hpp"
#include "../unit_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct BuildWords {
  PlanWords plan;
  UnitWords unit;
  std::string output_directory;
  std::string report_file;
  std::string emulation = "auto";
  RungWords rung;
  DepotWords shared_cache;
  bool keeps_root = false;
  bool is_anew = false;
  unsigned cache_room = 0;
  bool is_json = false;
};

pipeline::EmulationUse emulation_use(const std::string& word) {
  if (word == "full") return pipeline::EmulationUse::full;
  if (word == "forced") return pipeline::EmulationUse::forced;
  return pipeline::EmulationUse::automatic;
}

bool is_bootable(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const model::ImageFormatRow* best = nullptr;
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    const bool fits = name.ends_with(row.extension);
    if (fits && (best == nullptr || row.extension.size() > best->extension.size())) best = &row;
  }
  return best != nullptr && best->kind == model::ImageKind::disk && !best->qemu_driver.empty();
}

json::Value to_json(const pipeline::BuildResult& result) {
  return json::Object{{"packages", result.package_count}, {"files", json_of(result.files)}};
}

/// For the person who waited: what there is now, and what to do with it.
std::string last_words(const pipeline::BuildResult& result, std::chrono::nanoseconds duration) {
  std::size_t width = 0;
  for (const fs::PublishedFile& file : result.files)
    width = std::max(width, file.path.string().size());
  std::string text =
      fmt::format("done in {}: {} packages, {} files\n", report::duration_text(duration),
                  result.package_count, result.files.size());
  const fs::PublishedFile* image = nullptr;
  for (const fs::PublishedFile& file : result.files) {
    const base::ByteSize size(std::filesystem::file_size(file.path));
    text += fmt::format("  {:<{}}  {:>9}\n", file.path.string(), width, base::to_string(size));
    if (image == nullptr && is_bootable(file.path)) image = &file;
  }
  if (image == nullptr) return text;
  const std::string name = base::shell_word(image->path.string());
  return text + fmt::format("next: imagewright boot {} checks it in QEMU; imagewright inspect {} "
                            "shows what is in it",
                            name, name);
}

pipeline::BuildOptions build_options(const BuildWords& words, depot::Depot* shared_cache,
                                     const CommandContext& context) {
  return {.plan = plan_options_from(words.plan, context),
          .resolve = resolve_options_from(words.plan, context),
          .output_directory = words.output_directory,
          .root_directory =
              words.keeps_root ? pipeline::RootDirectory::kept : pipeline::RootDirectory::removed,
          .emulation = emulation_use(words.emulation),
          .rung = wanted_rung(words.rung),
          .machine_kernel = machine_kernel(words.rung),
          .report_file = words.report_file,
          .tool_version = k_version,
          .stage_reuse =
              words.is_anew ? pipeline::StageReuse::refused : pipeline::StageReuse::wanted,
          .stage_room = words.cache_room == 0 ? pipeline::k_usual_stage_room
                                              : base::ByteSize::gib(words.cache_room),
          .shared_cache = shared_cache};
}

/// Either a config, or a unit of a list, which says everything else.
void require_one_subject(const BuildWords& words) {
  const PlanWords& plan = words.plan;
  if (!words.unit.is_given()) {
    if (!plan.config.empty()) return;
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "imagewright build needs CONFIG, or --units with a list of units",
                      "imagewright build --help shows how it is used");
  }
  if (words.unit.list.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "--unit and --index choose from a list of units", "give it with --units");
  }
  if (!plan.config.empty() || !plan.architectures.empty() || !plan.formats.empty() ||
      !plan.release.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "a list of units says what is built from what",
                      "leave out CONFIG, --arch, --format and --release, or leave out --units");
  }
}

pipeline::BuildResult build_unit(const BuildWords& words, depot::Depot* shared_cache,
                                 const CommandContext& context) {
  const fleet::UnitList list = read_units(words.unit.list);
  const fleet::Unit& unit = chosen_unit(list, words.unit, context);
  pipeline::BuildOptions options = build_options(words, shared_cache, context);
  const std::string top = words.output_directory.empty() ? "out" : words.output_directory;
  options.output_directory = std::filesystem::path(top) / unit.id;
  pipeline::BuildResult result;
  with_record({.unit = unit, .directory = options.output_directory}, context, [&] {
    const fleet::UnitPlan plan =
        fleet::plan_unit(list, unit,
                         {.repositories = options.plan.repositories,
                          .key_files = options.plan.key_files,
                          .release_directories = options.plan.release_directories,
                          .epoch = options.resolve.epoch,
                          .tool_version = k_version});
    options.plan = plan.plan;
    options.resolve.lock_use = plan::LockUse::required;
    options.resolve.epoch = plan.epoch;
    result = pipeline::build(options, context.services());
    return result.files;
  });
  return result;
}

ExitCode run_build(const BuildWords& words, const CommandContext& context) {
  require_one_subject(words);
  const auto started = context.clock.now();
  const std::unique_ptr<depot::Depot> shared = chosen_depot(words.shared_cache, context);
  const pipeline::BuildResult result =
      words.unit.is_given()
          ? build_unit(words, shared.get(), context)
          : pipeline::build(build_options(words, shared.get(), context), context.services());
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

Command build_command() {
  const auto words = std::make_shared<BuildWords>();
  Command command{.name = "build", .summary = "Compose the image(s) that CONFIG describes"};
  add_plan_options(command, words->plan);
  command.arguments.front().is_required = false;
  add_unit_options(command, words->unit);
  add_format_option(command, words->plan);
  add_lock_use_options(command, words->plan);
  const std::vector<Argument> more{
      {.names = {"-o", "--output-dir"},
       .value = "DIR",
       .description =
           "Where artifacts are published, by default the directory of output.image.path, "
           "else out",
       .target = &words->output_directory,
       .completes = Completes::directories},
      {.names = {"--report"},
       .value = "FILE",
       .description = "Write the build report to this file as well",
       .target = &words->report_file,
       .completes = Completes::files},
      {.names = {"--keep-root"},
       .description = "Keep the installed root as NAME-ARCH.root in the output directory",
       .target = &words->keeps_root},
      {.names = {"--no-cache"},
       .description = "Make everything anew: of the cache only packages and metadata are used, and "
                      "nothing is kept for later builds",
       .target = &words->is_anew},
      {.names = {"--cache-limit"},
       .value = "GIB",
       .description = "The room in GiB that the cache may take for roots and initramfs images of "
                      "earlier builds, 10 when it is not given",
       .target = &words->cache_room,
       .range = std::pair{std::int64_t{1}, std::int64_t{1048576}}},
      {.names = {"--emulation"},
       .value = "WHICH",
       .description = "Programs of a foreign architecture that run under an emulator: those "
                      "without a native twin (auto), all (full), the host's own as well (forced)",
       .target = &words->emulation,
       .choices = {"auto", "full", "forced"}},
      json_argument(words->is_json, "Print the published files as JSON")};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  add_depot_options(command, words->shared_cache);
  add_rung_options(command, words->rung);
  command.notes =
      "Prints the paths of the published files, one a line.\nWith --units, everything is digested "
      "again that the unit was planned from, and what is not the same is refused (5). "
      "unit.json in its directory says how it ended.";
  command.examples = {
      {"imagewright build configs/node.yaml", "Compose for the config's architectures into out/"},
      {"imagewright build configs/node.yaml --arch arm64 --format vhd-fixed -o images",
       "An ARM64 image as Azure takes it"},
      {"imagewright build configs/node.yaml --rung machine",
       "Packages that nobody trusts: their scripts run in a virtual machine"},
      {"imagewright build --units units.json --unit node-x86-64",
       "One unit of a fleet (see imagewright matrix)"}};
  command.action = [words](const CommandContext& context) {
    const bool is_single = words->is_json || !words->report_file.empty();
    return for_each_variant(words->plan, is_single ? Output::single : Output::of_each,
                            [&] { return run_build(*words, context); });
  };
  return command;
}

} // namespace imagewright::cli
