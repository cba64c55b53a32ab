// SPDX-License-Identifier: MIT
#pragma once

// Where in the user's files something stands.

#include <compare>
#include <cstdint>
#include <string>

namespace imagewright::base {

/// A position in a text file. Lines and columns count from 1; 0 means "unknown" (a whole file, or
/// no position). Columns count bytes of UTF-8, as compilers do.
struct SourceLocation {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  auto operator<=>(const SourceLocation&) const = default;
};

/// `file:line:column`, leaving out what is unknown.
std::string to_string(const SourceLocation& location);

} // namespace imagewright::base
