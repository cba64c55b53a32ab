// SPDX-License-Identifier: MIT
#pragma once

// A plan in words, before anything is done.

#include <cstdint>
#include <string>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/resolve_plan.hpp>

namespace imagewright::plan {

enum class PackageListing : std::uint8_t {
  number, ///< how many there are
  full,   ///< what was asked for, and each with its version
};

/// For people: release, layout, boot, what policy and config do, and last the packages. Same on
/// every run.
std::string to_text(const ResolvedPlan& plan, PackageListing listing = PackageListing::number);
json::Value to_json(const ResolvedPlan& plan);

} // namespace imagewright::plan
