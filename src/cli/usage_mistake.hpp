// SPDX-License-Identifier: MIT
#pragma once

// What is wrong with a command line that the parser refuses.

#include <string>
#include <vector>

#include "arguments.hpp"

namespace imagewright::cli {

/// Throws base::Error (cli.usage) about the first word that means nothing: a command or an option
/// that is not there, with what is near to it. Where every word means something, `otherwise` is
/// said.
[[noreturn]] void throw_usage_mistake(const CommandTable& table,
                                      const std::vector<std::string>& words,
                                      const std::string& otherwise);

/// Throws base::Error (cli.usage) when another option stands where an option's value was forgotten,
/// as in `--output-dir --json`: the parser takes it for the value.
void require_values(const CommandTable& table, const std::vector<std::string>& words);

/// Throws base::Error (cli.usage).
[[noreturn]] void throw_usage(const std::string& message, const std::string& hint);

} // namespace imagewright::cli
