// SPDX-License-Identifier: MIT
#pragma once

// An installed root becomes a bootable one, by small steps in a fixed order.

#include <span>
#include <string_view>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/finalize/programs.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::finalize {

/// What the steps work with besides the plan. All are borrowed.
struct FinalizeServices {
  RootPrograms& programs;
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
};

/// Runs every step. Throws base::Error with the step's name as context; the root is then of no use.
model::SealedRoot finalize(const model::InstalledRoot& installed, const FinalizePlan& plan,
                           const FinalizeServices& services);

/// The names of the steps in their order, for `plan`.
std::span<const std::string_view> step_names();

} // namespace imagewright::finalize
