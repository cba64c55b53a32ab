// SPDX-License-Identifier: MIT
#pragma once

// The command line: words in, exit code out.

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::cli {

/// What the program was started with. Nothing else of the process is looked at.
struct Invocation {
  std::vector<std::string> arguments; ///< without the program's name
  /// A variable of the environment, or nothing.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::filesystem::path program; ///< its own file, beside which its data is installed
  /// What the process makes of an exit code when it ends; absent: nothing.
  std::function<int(int code)> final_code = {};
};

/// Runs one command; results go to descriptor 1, everything else to 2. Gives the exit code.
int run(const Invocation& invocation, const base::Cancellation& cancellation);

} // namespace imagewright::cli
