// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/fleet/engines.hpp>
#include <imagewright/fleet/matrix.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/config_path.hpp>

#include "../command.hpp"
#include "../config_file.hpp"
#include "../plan_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct MatrixWords {
  PlanWords plan;
  std::vector<std::string> configs;
  std::string fleet_file;
  std::vector<std::string> exclusions;
  std::string shard = "1/1";
  std::string engine = "json";
  std::vector<std::string> native_architectures;
  std::string reports;
  std::string image = fleet::EngineRequest{}.image;
  std::string units_file = fleet::EngineRequest{}.units_file;
  unsigned limit = 0;
};

fleet::Fleet fleet_from(const MatrixWords& words) {
  if (words.fleet_file.empty() == words.configs.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "either configs or a fleet file says what there is to build",
                      "for example imagewright matrix node.yaml, or imagewright matrix --fleet "
                      "fleet.yaml");
  }
  fleet::Fleet fleet;
  if (!words.fleet_file.empty()) {
    input_file(words.fleet_file, "fleet file");
    refuse_what_is_no_config(words.fleet_file);
    fleet = fleet::read_fleet(words.fleet_file);
  }
  for (const std::string& config : words.configs) {
    const model::ConfigPath named = model::config_path_from(config);
    const std::filesystem::path path = input_file(named.file.string(), "config").lexically_normal();
    refuse_what_is_no_config(named.file.string());
    const std::string suffix = named.variant.empty() ? "" : "-" + named.variant;
    fleet.variants.push_back(
        {.name = path.stem().string() + suffix, .config = model::path_of({path, named.variant})});
  }
  for (const std::string& exclusion : words.exclusions)
    fleet.exclusions.push_back(fleet::parse_exclusion(exclusion));
  return fleet;
}

std::vector<std::string> native_architectures(const MatrixWords& words) {
  if (!words.native_architectures.empty()) return words.native_architectures;
  const model::Architecture* host = model::host_architecture();
  return host != nullptr ? std::vector{host->name} : std::vector<std::string>{};
}

ExitCode run_matrix(const MatrixWords& words, const CommandContext& context) {
  const fleet::UnitList list =
      fleet::make_units({.fleet = fleet_from(words),
                         .shard = fleet::parse_shard(words.shard),
                         .plan = plan_options_from(words.plan, context),
                         .epoch = resolve_options_from(words.plan, context).epoch,
                         .native_architectures = native_architectures(words),
                         .reports = words.reports,
                         .tool_version = k_version});
  fleet::EngineRequest request{.engine = words.engine,
                               .image = words.image,
                               .units_file = words.units_file,
                               .limit = std::nullopt};
  if (words.limit > 0) request.limit = words.limit;
  context.console.print(fleet::render_for(list, request));
  return ExitCode::done;
}

} // namespace

Command matrix_command() {
  const auto words = std::make_shared<MatrixWords>();
  Command command{.name = "matrix",
                  .summary = "List the units of a fleet for the engine that builds them"};
  command.arguments = {
      {.value = "CONFIG",
       .description = "Image configs; each is a variant",
       .target = &words->configs,
       .completes = Completes::files},
      {.names = {"--fleet"},
       .value = "FILE",
       .description = "A file with variants, architectures, platforms and exclusions, in place of "
                      "configs",
       .target = &words->fleet_file,
       .completes = Completes::files},
      architecture_argument(words->plan,
                            "Architecture to build for, by default each config's; of a fleet that "
                            "has its own, only these"),
      release_argument(words->plan),
      repository_argument(words->plan),
      {.names = {"--exclude"},
       .value = "EXPR",
       .description = "Leave out what fits patterns of a shell: variant=*fips*,arch=aarch64",
       .target = &words->exclusions},
      {.names = {"--shard"},
       .value = "I/N",
       .description = "Only the part number I of N",
       .target = &words->shard},
      {.names = {"--format"},
       .value = "ENGINE",
       .description = "What takes the units",
       .target = &words->engine,
       .choices = fleet::engine_words()},
      {.names = {"--limit"},
       .value = "N",
       .description = "The most units that the engine takes, in place of its usual limit",
       .target = &words->limit,
       .range = std::pair{std::int64_t{1}, std::int64_t{1'000'000}}},
      {.names = {"--image"},
       .value = "IMAGE",
       .description = "The container image with imagewright in it, for engines that run one",
       .target = &words->image},
      {.names = {"--units-file"},
       .value = "FILE",
       .description = "Where jobs will find the list of units that --format json printed",
       .target = &words->units_file},
      {.names = {"--native-arch"},
       .value = "ARCH",
       .description = "Architecture of the machines that build, by default this host's; others "
                      "are emulated",
       .target = &words->native_architectures,
       .choices = model::architecture_words()},
      {.names = {"--reports"},
       .value = "DIR",
       .description = "Where earlier builds published, each unit in a directory of its id: how "
                      "long each took",
       .target = &words->reports,
       .completes = Completes::directories},
      epoch_argument(words->plan)};
  command.notes =
      "Every unit has a digest over everything that decides its bytes: the config with all files "
      "that it names, the release profile, the lock, the formats, the time stamp if one is given, "
      "and the version of the program. build --units makes it again, and refuses to build from "
      "anything else. Files with passwords are not part of it.\nNothing is fetched. A lock that is "
      "missing or stale is an error (5), and so is a matrix that the engine would not take (2).";
  command.examples = {
      {"imagewright matrix configs/*.yaml > units.json",
       "One unit for each config and architecture"},
      {"imagewright matrix --fleet fleet.yaml --format slurm > fleet.sbatch",
       "The same units as a job array of Slurm"},
      {"imagewright matrix --fleet fleet.yaml --exclude variant=*fips*,arch=aarch64 --shard 1/2",
       "The first half of what is left"}};
  command.action = [words](const CommandContext& context) { return run_matrix(*words, context); };
  return command;
}

} // namespace imagewright::cli
