// SPDX-License-Identifier: MIT
#pragma once

// The end of every failure: words for people, and an exit code.

#include <functional>

#include "console.hpp"
#include "exit_code.hpp"

namespace imagewright::cli {

/// Runs an action and turns whatever it throws into words and an exit code.
ExitCode guarded(const Console& console, const std::function<ExitCode()>& action);

} // namespace imagewright::cli
