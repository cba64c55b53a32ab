// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/plan/update_lock.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct LockWords {
  PlanWords plan;
  bool is_check = false;
  std::vector<std::string> updated;
};

ExitCode run_lock(const LockWords& words, const CLI::Option& update,
                  const CommandContext& context) {
  plan::LockOptions options{
      .plan = plan_options_from(words.plan, context),
      .network = words.plan.is_offline ? plan::NetworkUse::forbidden : plan::NetworkUse::allowed,
      .action = words.is_check ? plan::LockAction::check : plan::LockAction::write};
  if (update.count() > 0) options.updated = words.updated;
  const plan::LockSummary summary = plan::update_lock(options, context.services());
  for (const std::string& change : summary.changes)
    context.console.print(change + "\n");
  context.console.print(fmt::format("{}: {} packages, {}\n", summary.path.string(),
                                    summary.package_count,
                                    summary.is_written ? "written" : "fresh"));
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_lock_command(CLI::App& application) {
  const auto words = std::make_shared<LockWords>();
  CLI::App* parser =
      application.add_subcommand("lock", "Resolve and write the lock file beside CONFIG");
  add_plan_options(*parser, words->plan);
  add_offline_option(*parser, words->plan);
  CLI::Option* update =
      parser
          ->add_option("--update", words->updated,
                       "Move the pins of these packages (names or globs), or of all")
          ->expected(0, 10000);
  parser->add_flag("--check", words->is_check, "Only check: fail when the lock is missing or stale")
      ->excludes(update);
  parser->footer(
      "The lock of node.yaml is node.lock.json, one file for all architectures.\n"
      "Without --update, packages keep the versions that the lock has where that is possible.");
  return {parser, [words, update](const CommandContext& context) {
            return run_lock(*words, *update, context);
          }};
}

} // namespace imagewright::cli
