// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/verify_outputs.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct VerifyWords {
  PlanWords plan;
  std::string directory;
  bool is_json = false;
};

ExitCode run_verify(const VerifyWords& words, const CommandContext& context) {
  const plan::PlanOptions plan = plan_options_from(words.plan, context);
  const pipeline::Verification verification = pipeline::verify_outputs(
      {.directory = words.directory,
       .config = plan.config,
       .repositories = plan.repositories,
       .network = words.plan.is_offline ? plan::NetworkUse::forbidden : plan::NetworkUse::allowed,
       .release_directories = plan.release_directories,
       .tool_version = k_version},
      context.services());
  context.console.print(words.is_json ? json::to_text(pipeline::to_json(verification))
                                      : pipeline::to_text(verification));
  return verification.is_same() ? ExitCode::done : ExitCode::verification_failed;
}

} // namespace

RegisteredCommand add_verify_command(CLI::App& application) {
  const auto words = std::make_shared<VerifyWords>();
  CLI::App* parser =
      application.add_subcommand("verify", "Compose published images again and compare every byte");
  parser->add_option("OUT_DIR", words->directory, "The output directory of a build")->required();
  parser->add_option("--config", words->plan.config,
                     "Where the config is now (default: where it was when it was built)");
  parser->add_option("--repo", words->plan.repositories,
                     "NAME=URL or NAME=DIRECTORY in place of those of the build, repeatable");
  add_offline_option(*parser, words->plan);
  parser->add_flag("--json", words->is_json, "Print the findings as JSON");
  parser->footer(
      "Packages and time come from the manifest, everything else from the config, which "
      "must be unchanged.\nExits with 5 when anything differs, and says what: partition, "
      "file, and what about it.");
  return {parser, [words](const CommandContext& context) { return run_verify(*words, context); }};
}

} // namespace imagewright::cli
