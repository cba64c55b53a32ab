// SPDX-License-Identifier: MIT
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "yaml/line_slips.hpp"

namespace imagewright::yaml {

namespace {

using Slips = std::optional<LineSlip>;

constexpr std::string_view k_no_break_space = "\xC2\xA0";
constexpr std::string_view k_full_width_colon = "\xEF\xBC\x9A";

/// The length of what lists of printed texts start their items with: "•", "1."; 0 for none.
std::size_t bullet_length(std::string_view content) {
  for (const std::string_view sign : {"*", "+", "\u2022", "\u2013", "\u2014", "\u2212", "\u25e6"}) {
    if (content.starts_with(sign)) return sign.size();
  }
  const std::size_t end = content.find_first_not_of("0123456789");
  const bool is_number = end != std::string_view::npos && end > 0 && end < 4;
  return is_number && (content[end] == '.' || content[end] == ')') ? end + 1 : 0;
}

Slips find_bullet(const Line& line, std::size_t index) {
  const std::size_t length = bullet_length(line.content);
  if (length == 0 || length + 1 >= line.content.size() || line.content[length] != ' ')
    return std::nullopt;
  return LineSlip{index, 0,
                  fmt::format("an item of a list begins with \"-\", not with {}",
                              base::quoted(line.content.substr(0, length))),
                  "write \"-\" in its place"};
}

} // namespace

Slips find_odd_indentation(const Line& line, std::size_t index) {
  if (!line.content.starts_with(k_no_break_space)) return std::nullopt;
  return LineSlip{index, 0, "a no-break space (U+00A0) is used for indentation",
                  "indent with blanks"};
}

Slips find_odd_sign(const Line& line, std::size_t index) {
  if (auto slip = find_odd_indentation(line, index)) return slip;
  if (auto slip = find_bullet(line, index)) return slip;
  const Line inner = without_dashes(line);
  const std::string_view word = leading_word(inner.content);
  const std::size_t end = line.content.size() - inner.content.size() + word.size();
  const std::string_view rest = line.content.substr(end);
  if (word.empty()) return std::nullopt;
  if (rest.starts_with(k_full_width_colon)) {
    return LineSlip{index, end, "this is a full-width colon (U+FF1A), which is part of a text",
                    "write \":\" and a blank in its place"};
  }
  if (rest.starts_with(':') && rest.substr(1).starts_with(k_no_break_space)) {
    return LineSlip{index, end + 1,
                    "what follows this colon is a no-break space (U+00A0), which is part of a text",
                    "write a blank in its place"};
  }
  return std::nullopt;
}

} // namespace imagewright::yaml
