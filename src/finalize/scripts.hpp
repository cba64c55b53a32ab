// SPDX-License-Identifier: MIT
#pragma once

// The user's scripts, run inside the root.

#include <vector>

#include "context.hpp"

namespace imagewright::finalize {

/// Runs them in their order. Throws base::Error (process.command-failed) naming the script that
/// fails.
void run_scripts(const Context& context, const std::vector<model::ScriptConfig>& scripts);

} // namespace imagewright::finalize
