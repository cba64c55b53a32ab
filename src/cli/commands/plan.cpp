// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/show_plan.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

ExitCode run_plan(const PlanWords& words, OutputStyle style, const CommandContext& context) {
  plan::PlannedBuild planned = plan::plan_build(plan_options_from(words, context));
  context.console.show(planned.warnings);
  const plan::ResolveOptions options = resolve_options_from(words, context);
  json::Array documents;
  for (plan::BuildPlan& plan : planned.plans) {
    const plan::ResolvedPlan resolved =
        plan::resolve_plan(std::move(plan), options, context.services());
    if (style == OutputStyle::json) {
      documents.push_back(plan::to_json(resolved));
    } else {
      context.console.print(plan::to_text(resolved));
    }
  }
  if (style == OutputStyle::json) context.console.print(json::to_text(documents));
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_plan_command(CLI::App& application) {
  const auto words = std::make_shared<PlanWords>();
  const auto is_json = std::make_shared<bool>(false);
  CLI::App* parser = application.add_subcommand(
      "plan",
      "Show what build would do: packages, sizes, layout, kernel arguments, files, units, checks");
  add_plan_options(*parser, *words);
  add_format_option(*parser, *words);
  add_lock_use_options(*parser, *words);
  parser->add_flag("--json", *is_json, "Print a list with one object per architecture");
  return {parser, [words, is_json](const CommandContext& context) {
            return run_plan(*words, *is_json ? OutputStyle::json : OutputStyle::text, context);
          }};
}

} // namespace imagewright::cli
