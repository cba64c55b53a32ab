// SPDX-License-Identifier: MIT
#pragma once

// The user's scripts, run inside the root.

#include <string>
#include <string_view>
#include <vector>

#include "step.hpp"

namespace imagewright::finalize {

struct ScriptInput {
  const std::vector<model::ScriptConfig>& scripts;
  const std::vector<model::LocatedText>& files; ///< that scripts may leave behind
  const FinalizeServices& services;
};

/// Where scripts find the directory for what they leave behind, while there is one.
inline constexpr std::string_view k_files_variable = "IMAGEWRIGHT_FILES";

/// Runs them in their order; their logs are named after the stage. Throws base::Error
/// (process.command-failed) naming the script that fails; finalize.unknown-script-file and
/// finalize.large-script-file for what they leave behind.
StepYield run_scripts(const ScriptInput& input, root::WorkRoot& root, const std::string& stage);

} // namespace imagewright::finalize
