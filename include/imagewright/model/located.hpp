// SPDX-License-Identifier: MIT
#pragma once

// Values that remember the line on which the user wrote them.

#include <string>

#include <imagewright/base/source_location.hpp>

namespace imagewright::model {

/// A value with the place where it was written.
template <typename Value>
struct Located {
  Value value{};
  base::SourceLocation where;

  bool operator==(const Located&) const = default;
};

/// A text with the place where it was written.
struct LocatedText {
  std::string text;
  base::SourceLocation where;

  bool operator==(const LocatedText&) const = default;
};

} // namespace imagewright::model
