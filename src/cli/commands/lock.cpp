// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/plan/update_lock.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct LockWords {
  PlanWords plan;
  bool is_check = false;
  std::vector<std::string> updated;
  bool moves_pins = false;
  bool is_json = false;
};

ExitCode run_lock(const LockWords& words, const CommandContext& context) {
  plan::LockOptions options{
      .plan = plan_options_from(words.plan, context),
      .network = words.plan.is_offline ? plan::NetworkUse::forbidden : plan::NetworkUse::allowed,
      .action = words.is_check ? plan::LockAction::check : plan::LockAction::write};
  if (words.moves_pins) options.updated = words.updated;
  const plan::LockSummary summary = plan::update_lock(options, context.services());
  if (words.is_json) {
    json::Array changes;
    for (const std::string& change : summary.changes)
      changes.emplace_back(std::string(base::trimmed(change)));
    context.console.print(json::to_text(json::Object{{"path", summary.path.string()},
                                                     {"packages", summary.package_count},
                                                     {"isWritten", summary.is_written},
                                                     {"changes", changes}}));
    return ExitCode::done;
  }
  for (const std::string& change : summary.changes)
    context.console.print(change + "\n");
  context.console.print(fmt::format("{}: {} packages, {}\n", summary.path.string(),
                                    summary.package_count,
                                    summary.is_written ? "written" : "fresh"));
  return ExitCode::done;
}

} // namespace

Command lock_command() {
  const auto words = std::make_shared<LockWords>();
  Command command{.name = "lock", .summary = "Resolve and write the lock file beside CONFIG"};
  add_plan_options(command, words->plan);
  add_offline_option(command, words->plan);
  command.arguments.push_back({.names = {"--update"},
                               .value = "PACKAGE",
                               .description = "Move the pins of these packages (names or globs), "
                                              "or of all",
                               .target = &words->updated,
                               .takes_many = true,
                               .is_given = &words->moves_pins});
  command.arguments.push_back({.names = {"--check"},
                               .description = "Only check: fail when the lock is missing or stale",
                               .target = &words->is_check,
                               .excludes = "--update"});
  command.arguments.push_back(json_argument(words->is_json));
  command.notes =
      "The lock of node.yaml is node.lock.json, one file for all architectures.\n"
      "Without --update, packages keep the versions that the lock has where that is possible.";
  command.examples = {{"imagewright lock configs/node.yaml --update", "Take the newest packages"},
                      {"imagewright lock configs/node.yaml --update 'openssl*' kernel",
                       "Move some pins, and what they need"}};
  command.action = [words](const CommandContext& context) { return run_lock(*words, context); };
  return command;
}

} // namespace imagewright::cli
