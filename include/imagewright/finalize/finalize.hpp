// SPDX-License-Identifier: MIT
#pragma once

// An installed root becomes a bootable one, by small steps in a fixed order.

#include <span>
#include <string_view>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::finalize {

/// What the steps work with besides the plan. All are borrowed.
struct FinalizeServices {
  /// Runs programs inside the root. Scripts find the directory of their config at k_script_directory in there.
  process::CommandRunner& programs;
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
};

/// Where the sandbox has to show the config's directory, read-only, when the plan has scripts.
inline constexpr std::string_view k_script_directory = "/_imageconfigs";

/// Runs every step. Throws base::Error with the step's name as context; the root is then of no use.
model::SealedRoot finalize(const model::InstalledRoot& installed, const FinalizePlan& plan,
                           const FinalizeServices& services);

/// The names of the steps in their order, for `plan`.
std::span<const std::string_view> step_names();

} // namespace imagewright::finalize
