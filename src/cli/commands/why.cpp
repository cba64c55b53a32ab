// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/plan/explain_package.hpp>

#include "../base_options.hpp"
#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct WhyWords {
  PlanWords plan;
  BaseWords base;
  std::string package;
  bool is_json = false;
};

ExitCode run_why(const WhyWords& words, const CommandContext& context) {
  if (starts_from_image(words.base, words.plan, context)) {
    if (words.plan.is_locked)
      throw base::Error(base::FailureKind::input, "cli.usage",
                        "a lock of what is made of an image does not say who asked for a package",
                        "leave out --locked: the reasons are found anew");
    const auto reasons = pipeline::explain_base_package(
        customize_options_from(words.base, words.plan, context), words.package, context.services());
    context.console.print(words.is_json ? json::to_text(pipeline::to_json(reasons))
                                        : pipeline::to_text(reasons));
    return ExitCode::done;
  }
  const auto chains = plan::explain_package(plan_options_from(words.plan, context),
                                            resolve_options_from(words.plan, context),
                                            words.package, context.services());
  context.console.print(words.is_json ? json::to_text(plan::to_json(chains))
                                      : plan::to_text(chains));
  return ExitCode::done;
}

} // namespace

Command why_command() {
  const auto words = std::make_shared<WhyWords>();
  Command command{.name = "why",
                  .summary = "Why PACKAGE is in the image: the chain of requirers down to the "
                             "config line"};
  add_plan_options(command, words->plan);
  command.arguments.push_back({.value = "PACKAGE",
                               .description = "A package's name, or its full name",
                               .target = &words->package,
                               .is_required = true});
  add_lock_use_options(command, words->plan);
  add_base_options(command, words->base);
  command.arguments.push_back(json_argument(words->is_json));
  command.examples = {{"imagewright why configs/node.yaml glibc", "Who needs a package"},
                      {"imagewright why configs/node.yaml openssl-libs --locked",
                       "Of the packages that the lock has"}};
  command.action = [words](const CommandContext& context) {
    const bool is_single = words->is_json;
    return for_each_variant(words->plan, is_single ? Output::single : Output::of_each,
                            [&] { return run_why(*words, context); });
  };
  return command;
}

} // namespace imagewright::cli
