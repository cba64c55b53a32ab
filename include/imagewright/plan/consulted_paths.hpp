// SPDX-License-Identifier: MIT
#pragma once

// Everything on this host that a build looks at before it knows what to do, so that whoever finds
// it as it was knows what a build would decide.

#include <filesystem>
#include <optional>
#include <vector>

#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

struct ConsultedPaths {
  /// Files and directories, also where nothing is: something may come there. A directory stands for
  /// the names in it.
  std::vector<std::filesystem::path> paths;
  /// Directories that count with everything below them.
  std::vector<std::filesystem::path> trees;
  /// Files with passwords, of which no digest may be kept.
  std::vector<std::filesystem::path> secrets;
};

/// Nothing when a server was asked, which nobody can know the answer of without asking.
std::optional<ConsultedPaths> consulted_paths(const BuildPlan& plan, const PlanOptions& options);

} // namespace imagewright::plan
