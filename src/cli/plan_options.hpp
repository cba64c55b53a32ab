// SPDX-License-Identifier: MIT
#pragma once

// The options by which a config is found and adjusted, shared by build, plan, lock and why.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>

#include "command.hpp"

namespace imagewright::cli {

/// As typed.
struct PlanWords {
  std::string config;
  std::string variant; ///< empty: none, or the one that `config` names
  std::vector<std::string> architectures;
  std::vector<std::string> formats;
  std::vector<std::string> repositories;
  std::vector<std::string> keys;
  std::string release;
  bool is_locked = false;
  bool is_offline = false;
  std::int64_t epoch = -1;
};

void add_plan_options(Command& command, PlanWords& words);
void add_format_option(Command& command, PlanWords& words);
void add_lock_use_options(Command& command, PlanWords& words);
/// Files with public keys.
Argument key_argument(PlanWords& words, const std::string& name = "--key");
void add_offline_option(Command& command, PlanWords& words);
Argument release_argument(PlanWords& words);
Argument architecture_argument(PlanWords& words, std::string description);
Argument repository_argument(PlanWords& words);
Argument epoch_argument(PlanWords& words);
Argument variant_argument(PlanWords& words);

/// `CONFIG --variant NAME` as `CONFIG@NAME`. Throws base::Error (cli.usage) for what names two.
std::string chosen_config(const std::string& config, const std::string& variant);
/// Whether a command writes one thing, which variants would write in turns.
enum class Output : std::uint8_t { of_each, single };
/// Does the work once, or with `--variant all` for each of the config's variants, in their order,
/// and ends with the first that does not succeed. `words` are those that `work` looks at.
ExitCode for_each_variant(PlanWords& words, Output output, const std::function<ExitCode()>& work);

/// Throws base::Error (cli.usage) when a word does not fit.
plan::PlanOptions plan_options_from(const PlanWords& words, const CommandContext& context);
/// Honours CI and SOURCE_DATE_EPOCH of the environment.
plan::ResolveOptions resolve_options_from(const PlanWords& words, const CommandContext& context);
/// SOURCE_DATE_EPOCH; absent: the environment has none. Throws base::Error (cli.usage).
std::optional<base::Epoch> environment_epoch(const CommandContext& context);

} // namespace imagewright::cli
