// SPDX-License-Identifier: MIT
#pragma once

// Shell completions, made from the parser itself so that they cannot be out of date.

#include <string>

#include <CLI/CLI.hpp>

namespace imagewright::cli {

/// `shell` is "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& application, const std::string& shell);

} // namespace imagewright::cli
