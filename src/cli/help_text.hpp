// SPDX-License-Identifier: MIT
#pragma once

// What --help prints.

#include <cstddef>
#include <string>
#include <string_view>

#include "arguments.hpp"

namespace imagewright::cli {

/// Of the program, of a command, or of a command's own command, in lines of at most `width`
/// columns where words allow that.
std::string program_help(const CommandTable& table, std::size_t width);
std::string command_help(const CommandTable& table, const Command& command, const Command* nested,
                         std::size_t width);

/// Breaks a text between words. Further lines, and every line but the first, begin with `indent`
/// blanks; a line break of the text stays one.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// What is said of an argument: its description, what it takes, what it is when not given.
std::string argument_text(const Argument& argument);
/// "-o, --output-dir DIR", or "CONFIG".
std::string argument_heading(const Argument& argument);
/// "imagewright build [OPTIONS] CONFIG"
std::string usage_line(const Command& command, const Command* nested);

/// The columns to write for on standard output: COLUMNS, else the terminal's, else 80; never more
/// than people like to read.
std::size_t help_width(const std::optional<std::string>& columns);

} // namespace imagewright::cli
