// SPDX-License-Identifier: MIT
#pragma once

// What a running kernel says of itself in /proc and /sys, against what the image promises.

#include <cstddef>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/drift/report.hpp>

#include "node_tree.hpp"
#include "package_judge.hpp"

namespace imagewright::drift {

struct RunningState {
  bool is_running = false; ///< a kernel's /proc stands in the root
  std::size_t check_count = 0;
  std::vector<Finding> findings;
};

/// Nothing is run: a check that only a command could answer is unreadable.
RunningState ask_running_state(const audit::Manifest& manifest, const NodeTree& tree,
                               const PackageJudge& packages);

} // namespace imagewright::drift
