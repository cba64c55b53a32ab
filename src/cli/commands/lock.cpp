// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/time_text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/plan/update_lock.hpp>

#include "../base_options.hpp"
#include "../command.hpp"
#include "../plan_options.hpp"

namespace imagewright::cli {

namespace {

struct LockWords {
  PlanWords plan;
  BaseWords base;
  bool is_check = false;
  std::vector<std::string> updated;
  bool moves_pins = false;
  std::string snapshot;
  bool has_snapshot = false;
  bool is_json = false;
};

/// Absent: none is asked for.
std::optional<base::Epoch> snapshot_of(const LockWords& words) {
  // An empty text is a variable that nobody has set, and no wish for everything.
  if (!words.has_snapshot) return std::nullopt;
  if (const auto time = config::parse_time(words.snapshot)) return time;
  throw base::Error(base::FailureKind::input, "cli.usage",
                    fmt::format("--snapshot: {} is no point in time", base::quoted(words.snapshot)),
                    "write a day, which begins at midnight UTC, or a time: 2026-01-31, "
                    "2026-01-31T12:00:00Z");
}

/// One base, one answer: it is resolved anew as a whole, or it stays.
plan::LockSummary lock_base(const LockWords& words, const CommandContext& context) {
  if (words.has_snapshot || !words.updated.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "with --image, all pins move or none does, and the config says up to when "
                      "packages count",
                      "leave out the names after --update, and write os.packages.snapshotTime in "
                      "place of --snapshot");
  }
  pipeline::CustomizeOptions options = customize_options_from(words.base, words.plan, context);
  options.lock_use = words.moves_pins ? plan::BaseLockUse::ignored : plan::BaseLockUse::when_fresh;
  return pipeline::lock_base(options,
                             words.is_check ? plan::LockAction::check : plan::LockAction::write,
                             context.services());
}

plan::LockSummary lock_packages(const LockWords& words, const CommandContext& context) {
  plan::LockOptions options{
      .plan = plan_options_from(words.plan, context),
      .network = words.plan.is_offline ? plan::NetworkUse::forbidden : plan::NetworkUse::allowed,
      .action = words.is_check ? plan::LockAction::check : plan::LockAction::write};
  options.snapshot = snapshot_of(words);
  if (words.moves_pins) options.updated = words.updated;
  return plan::update_lock(options, context.services());
}

ExitCode run_lock(const LockWords& words, const CommandContext& context) {
  const plan::LockSummary summary = starts_from_image(words.base, words.plan, context)
                                        ? lock_base(words, context)
                                        : lock_packages(words, context);
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
  add_base_options(command, words->base);
  command.arguments.push_back({.names = {"--update"},
                               .value = "PACKAGE",
                               .description = "Move the pins of these packages (names or globs), "
                                              "or of all",
                               .target = &words->updated,
                               .takes_many = true,
                               .is_given = &words->moves_pins});
  command.arguments.push_back({.names = {"--snapshot"},
                               .value = "TIME",
                               .description =
                                   "Use nothing that was published after that time (2026-01-31, "
                                   "2026-01-31T12:00:00Z), whatever the config says",
                               .target = &words->snapshot,
                               .excludes = "--check",
                               .is_given = &words->has_snapshot});
  command.arguments.push_back({.names = {"--check"},
                               .description = "Only check: fail when the lock is missing or stale",
                               .target = &words->is_check,
                               .excludes = "--update"});
  command.arguments.push_back(json_argument(words->is_json));
  command.notes =
      "The lock of node.yaml is node.lock.json, one file for all architectures.\n"
      "Without --update, packages keep the versions that the lock has where that is possible.";
  command.examples = {{"imagewright lock configs/node.yaml --update", "Take the newest packages"},
                      {"imagewright lock configs/node.yaml --update --snapshot 2026-01-31",
                       "Take what was there on that day, today or in a year"},
                      {"imagewright lock --image base.qcow2 node.yaml",
                       "Which base, and what of it goes, comes and stays"},
                      {"imagewright lock configs/node.yaml --update 'openssl*' kernel",
                       "Move some pins, and what they need"}};
  command.action = [words](const CommandContext& context) {
    const bool is_single = words->is_json;
    return for_each_variant(words->plan, is_single ? Output::single : Output::of_each,
                            [&] { return run_lock(*words, context); });
  };
  return command;
}

} // namespace imagewright::cli
