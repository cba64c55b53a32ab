// SPDX-License-Identifier: MIT
#pragma once

// The user's scripts, run inside the root.

#include <vector>

#include "step.hpp"

namespace imagewright::finalize {

struct ScriptInput {
  const std::vector<model::ScriptConfig>& scripts;
  const FinalizeServices& services;
};

/// Runs them in their order; their logs are named after the stage. Throws base::Error
/// (process.command-failed) naming the script that fails.
void run_scripts(const ScriptInput& input, root::WorkRoot& root, const std::string& stage);

} // namespace imagewright::finalize
