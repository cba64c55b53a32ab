// SPDX-License-Identifier: MIT
#pragma once

// The end of every failure: words for people, and an exit code.

#include <exception>
#include <functional>

#include <imagewright/base/diagnostic.hpp>

#include "console.hpp"
#include "exit_code.hpp"

namespace imagewright::cli {

/// What a failure comes to.
struct Ending {
  ExitCode code = ExitCode::bug;
  base::Diagnostics diagnostics; ///< none of what was interrupted
};
Ending ending_of(const std::exception& exception);

/// Runs an action and turns whatever it throws into words and an exit code.
ExitCode guarded(const Console& console, const std::function<ExitCode()>& action);

} // namespace imagewright::cli
