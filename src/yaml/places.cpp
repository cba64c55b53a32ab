// SPDX-License-Identifier: MIT
#include "yaml/places.hpp"

#include <algorithm>

namespace imagewright::yaml {

namespace {

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80;
}

} // namespace

Places::Places(std::string_view text) : text_(text), line_starts_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    line_starts_.push_back(at + 1);
}

std::size_t Places::line_of(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(next - line_starts_.begin()) - 1;
}

std::size_t Places::column_of(std::size_t offset) const {
  return offset - line_starts_[line_of(offset)];
}

Places::Place Places::at(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::size_t line = line_of(offset);
  if (known_offset_ < line_starts_[line] || known_offset_ > offset) {
    known_offset_ = line_starts_[line];
    known_characters_ = 0;
  }
  const std::string_view way = text_.substr(known_offset_, offset - known_offset_);
  known_characters_ +=
      static_cast<std::size_t>(std::count_if(way.begin(), way.end(), begins_character));
  known_offset_ = offset;
  return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(known_characters_ + 1)};
}

} // namespace imagewright::yaml
