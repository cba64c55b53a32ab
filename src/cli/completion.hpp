// SPDX-License-Identifier: MIT
#pragma once

// Shell completions, made from the parser itself so that they cannot be out of date.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace imagewright::cli {

/// The commands of a parser, in the order of its help.
std::vector<const CLI::App*> commands_of(const CLI::App& application);

/// `shell` is "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& application, const std::string& shell);

} // namespace imagewright::cli
