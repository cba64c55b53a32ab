// SPDX-License-Identifier: MIT
#pragma once

// The user's scripts, run inside the root.

#include <vector>

#include "context.hpp"

namespace imagewright::finalize {

/// Runs them in their order; their logs are named after the stage. Throws base::Error
/// (process.command-failed) naming the script that fails.
void run_scripts(const Context& context, const std::vector<model::ScriptConfig>& scripts,
                 const std::string& stage);

} // namespace imagewright::finalize
