// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/source_location.hpp>

namespace imagewright::base {

std::string to_string(const SourceLocation& location) {
  if (location.line == 0) return location.file;
  if (location.column == 0) return fmt::format("{}:{}", location.file, location.line);
  return fmt::format("{}:{}:{}", location.file, location.line, location.column);
}

} // namespace imagewright::base
