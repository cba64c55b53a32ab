// SPDX-License-Identifier: MIT
#include "yaml/text_check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::yaml {

namespace {

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
}

base::Diagnostic bad_byte(std::string_view text, std::size_t offset, const std::string& file,
                          std::string message, std::string hint) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {.code = "yaml.not-text",
          .message = std::move(message),
          .where = base::SourceLocation{file, static_cast<std::uint32_t>(lines + 1),
                                        static_cast<std::uint32_t>(offset - line_start + 1)},
          .hint = std::move(hint)};
}

} // namespace

std::optional<base::Diagnostic> find_bad_text(std::string_view text, const std::string& file) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (is_control(byte)) {
      return bad_byte(
          text, offset, file,
          fmt::format("the control character 0x{:02x} may not stand in a YAML file", byte),
          fmt::format("remove it, or write it as \"\\x{:02x}\" in double quotes", byte));
    }
    const std::size_t length = sequence_length(byte);
    const bool is_good = length > 0 && offset + length <= text.size() &&
                         (length == 1 || base::is_valid_utf8(text.substr(offset, length)));
    if (!is_good) {
      return bad_byte(text, offset, file, fmt::format("the byte 0x{:02x} is not UTF-8", byte),
                      "save the file with the encoding UTF-8");
    }
    offset += length;
  }
  return std::nullopt;
}

} // namespace imagewright::yaml
