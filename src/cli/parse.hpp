// SPDX-License-Identifier: MIT
#pragma once

// Words to a command with its arguments, or a usage mistake that says what was meant.

#include <cstdint>
#include <string>
#include <vector>

#include "arguments.hpp"

namespace imagewright::cli {

enum class Wish : std::uint8_t { command, help, version };

struct ParsedLine {
  Wish wish = Wish::command;
  /// Absent when help or version was asked for without a command.
  const Command* command = nullptr;
  const Command* nested = nullptr; ///< of `command`, such as "info" of "cache"
};

/// Fills the targets of the table. Throws base::Error (cli.usage).
ParsedLine parse_line(const CommandTable& table, const std::vector<std::string>& words);

} // namespace imagewright::cli
