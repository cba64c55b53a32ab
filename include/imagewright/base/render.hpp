// SPDX-License-Identifier: MIT
#pragma once

// Diagnostics as text for people: file:line:column, the source line, a caret, context, hint.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::base {

enum class Color : std::uint8_t { off, on };

/// Gives the text of one line (without its end) of a file, or nothing when it cannot be had.
using SourceLineReader =
    std::function<std::optional<std::string>(const std::string& file, std::uint32_t line)>;

/// The text of one diagnostic, ending with a newline. Control characters in its parts are escaped.
std::string render(const Diagnostic& diagnostic, const SourceLineReader& read_line, Color color);

} // namespace imagewright::base
