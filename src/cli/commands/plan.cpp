// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/show_plan.hpp>

#include "../base_options.hpp"
#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct ShowWords {
  PlanWords plan;
  BaseWords base;
  bool is_json = false;
  bool lists_packages = false;
};

ExitCode run_plan(const ShowWords& show, const CommandContext& context) {
  const PlanWords& words = show.plan;
  const auto listing =
      show.lists_packages ? plan::PackageListing::full : plan::PackageListing::number;
  if (starts_from_image(show.base, words, context)) {
    const auto outline = pipeline::outline_customizing(
        customize_options_from(show.base, words, context), context.services());
    context.console.print(show.is_json ? json::to_text(pipeline::to_json(outline))
                                       : pipeline::to_text(outline, listing));
    return ExitCode::done;
  }
  plan::PlannedBuild planned = plan::plan_build(plan_options_from(words, context));
  context.console.show(planned.warnings);
  plan::ResolveOptions options = resolve_options_from(words, context);
  options.package_files = plan::PackageFileUse::held_against_config;
  json::Array documents;
  for (plan::BuildPlan& plan : planned.plans) {
    const plan::ResolvedPlan resolved =
        plan::resolve_plan(std::move(plan), options, context.services());
    if (show.is_json) {
      documents.push_back(plan::to_json(resolved));
    } else {
      context.console.print(plan::to_text(resolved, listing));
    }
  }
  if (show.is_json) context.console.print(json::to_text(documents));
  return ExitCode::done;
}

} // namespace

Command plan_command() {
  const auto words = std::make_shared<ShowWords>();
  Command command{.name = "plan",
                  .summary = "Show what build would do: packages, sizes, layout, kernel "
                             "arguments, files, units, checks"};
  add_plan_options(command, words->plan);
  add_format_option(command, words->plan);
  add_lock_use_options(command, words->plan);
  add_base_options(command, words->base);
  command.arguments.push_back(
      {.names = {"--packages"},
       .description = "List what was asked for and every package with its version; of a base "
                      "those that stay",
       .target = &words->lists_packages});
  command.arguments.push_back(
      json_argument(words->is_json, "Print a list with one object for each architecture"));
  command.notes =
      "Where packages are resolved anew, units, shells, keymaps, locales, time zones and "
      "kernel modules of the config that no package brings are told as warnings.";
  command.examples = {{"imagewright plan configs/node.yaml", "Look before building"},
                      {"imagewright plan configs/node.yaml --arch aarch64 --offline",
                       "Another architecture, from what is in the cache"},
                      {"imagewright plan --image base.qcow2 node.yaml",
                       "What goes, comes and stays of an image that exists"}};
  command.action = [words](const CommandContext& context) {
    const bool is_single = words->is_json;
    return for_each_variant(words->plan, is_single ? Output::single : Output::of_each,
                            [&] { return run_plan(*words, context); });
  };
  return command;
}

} // namespace imagewright::cli
