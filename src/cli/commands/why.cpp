// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/explain_package.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct WhyWords {
  PlanWords plan;
  std::string package;
  bool is_json = false;
};

ExitCode run_why(const WhyWords& words, const CommandContext& context) {
  const auto chains = plan::explain_package(plan_options_from(words.plan, context),
                                            resolve_options_from(words.plan, context),
                                            words.package, context.services());
  context.console.print(words.is_json ? json::to_text(plan::to_json(chains))
                                      : plan::to_text(chains));
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_why_command(CLI::App& application) {
  const auto words = std::make_shared<WhyWords>();
  CLI::App* parser = application.add_subcommand(
      "why", "Why PACKAGE is in the image: the chain of requirers down to the config line");
  add_plan_options(*parser, words->plan);
  parser->add_option("PACKAGE", words->package, "A package's name, or its full name")->required();
  add_lock_use_options(*parser, words->plan);
  parser->add_flag("--json", words->is_json, "Print the chains as JSON");
  return {parser, [words](const CommandContext& context) { return run_why(*words, context); }};
}

} // namespace imagewright::cli
