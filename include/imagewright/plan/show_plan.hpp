// SPDX-License-Identifier: MIT
#pragma once

// A plan in words, before anything is done.

#include <string>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/resolve_plan.hpp>

namespace imagewright::plan {

/// For people: release, packages, sizes, layout, kernel arguments, files, units, checks, outputs.
/// Same on every run.
std::string to_text(const ResolvedPlan& plan);
json::Value to_json(const ResolvedPlan& plan);

} // namespace imagewright::plan
