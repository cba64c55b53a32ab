// SPDX-License-Identifier: MIT
#pragma once

// Completions for shells, made from the tables of the command line.

#include <string>

#include "arguments.hpp"

namespace imagewright::cli {

/// A script for "bash", "zsh" or "fish". Options, commands and the values that are known are in it;
/// releases and error codes are asked for when they are wanted.
std::string completion_script(const CommandTable& table, const std::string& shell);

} // namespace imagewright::cli
