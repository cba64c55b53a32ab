// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/pipeline/plan.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct ValidateWords {
  std::vector<std::string> configs;
  PlanWords plan;
};

/// Every mistake and warning of one config.
base::Diagnostics problems_of(const std::string& config, PlanWords words,
                              const CommandContext& context) {
  words.config = config;
  try {
    return pipeline::plan_build(plan_options_from(words, context)).warnings;
  } catch (const base::InputError& error) {
    return error.diagnostics();
  }
}

ExitCode run_validate(const ValidateWords& words, const CommandContext& context) {
  bool has_errors = false;
  for (const std::string& config : words.configs) {
    const base::Diagnostics problems = problems_of(config, words.plan, context);
    context.console.show(problems);
    has_errors = has_errors || problems.has_errors();
  }
  return has_errors ? ExitCode::wrong_input : ExitCode::done;
}

} // namespace

RegisteredCommand add_validate_command(CLI::App& application) {
  const auto words = std::make_shared<ValidateWords>();
  CLI::App* parser =
      application.add_subcommand("validate", "Every mistake in the config(s); touches nothing");
  parser->add_option("CONFIG", words->configs, "Image configs")->required();
  parser->add_option("--release", words->plan.release, "Release profile: a name or a file");
  return {parser, [words](const CommandContext& context) { return run_validate(*words, context); }};
}

} // namespace imagewright::cli
