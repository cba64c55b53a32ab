// SPDX-License-Identifier: MIT
#pragma once

// Where in a text an offset is, as people count.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace imagewright::yaml {

/// Lines and columns of a text. Questions that go forward in a line cost no more than the way.
class Places {
public:
  struct Place {
    std::uint32_t line = 0;   ///< from 1
    std::uint32_t column = 0; ///< in characters, from 1
  };

  explicit Places(std::string_view text);

  Place at(std::size_t offset) const;
  /// How many bytes stand before it on its line.
  std::size_t column_of(std::size_t offset) const;

private:
  std::size_t line_of(std::size_t offset) const;

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  /// The last answer, which the next question usually lies shortly behind.
  mutable std::size_t known_offset_ = 0;
  mutable std::size_t known_characters_ = 0;
};

} // namespace imagewright::yaml
