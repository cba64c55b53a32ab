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
  const std::string_view line = text.substr(line_start, offset - line_start);
  const auto characters = std::count_if(line.begin(), line.end(), [](char character) {
    return (static_cast<unsigned char>(character) & 0xC0U) != 0x80;
  });
  return {.code = "yaml.not-text",
          .message = std::move(message),
          .where = base::SourceLocation{file, static_cast<std::uint32_t>(lines + 1),
                                        static_cast<std::uint32_t>(characters + 1)},
          .hint = std::move(hint)};
}

} // namespace

void append_code_point(std::string& text, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { text += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0U | (point >> 6U));
    byte(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    byte(0xE0U | (point >> 12U));
    byte(0x80U | ((point >> 6U) & 0x3FU));
    byte(0x80U | (point & 0x3FU));
  } else {
    byte(0xF0U | (point >> 18U));
    byte(0x80U | ((point >> 12U) & 0x3FU));
    byte(0x80U | ((point >> 6U) & 0x3FU));
    byte(0x80U | (point & 0x3FU));
  }
}

std::optional<ByteOrder> utf16_order(std::string_view text) {
  if (text.starts_with("\xFF\xFE")) return ByteOrder::little;
  if (text.starts_with("\xFE\xFF")) return ByteOrder::big;
  return std::nullopt;
}

std::optional<std::string> from_utf16(std::string_view text, ByteOrder order) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto unit_at = [&](std::size_t offset) -> std::uint32_t {
    const std::uint32_t first = static_cast<unsigned char>(text[offset]);
    const std::uint32_t second = static_cast<unsigned char>(text[offset + 1]);
    return order == ByteOrder::little ? first | (second << 8U) : (first << 8U) | second;
  };
  std::string utf8;
  for (std::size_t offset = 0; offset < text.size(); offset += 2) {
    std::uint32_t point = unit_at(offset);
    if (point >= 0xD800 && point < 0xE000) {
      offset += 2;
      if (point >= 0xDC00 || offset >= text.size()) return std::nullopt;
      const std::uint32_t low = unit_at(offset);
      if (low < 0xDC00 || low >= 0xE000) return std::nullopt;
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_code_point(utf8, point);
  }
  return utf8;
}

std::optional<base::Diagnostic> find_deep_line(std::string_view text, const std::string& file) {
  constexpr std::uint32_t k_most_open = 4096;
  std::uint32_t open = 0;
  std::uint32_t line = 1;
  for (const char character : text) {
    if (character == '\n') {
      open = 0;
      ++line;
    }
    if (character == '[' || character == '{') ++open;
    if (open > 0 && (character == ']' || character == '}')) --open;
    if (open <= k_most_open) continue;
    return base::Diagnostic{.code = "yaml.too-deep",
                            .message = fmt::format("more than {} brackets are open", k_most_open),
                            .where = base::SourceLocation{file, line, 1},
                            .hint = "use fewer levels"};
  }
  return std::nullopt;
}

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
    if (text.substr(offset, length) == "\xEF\xBB\xBF") {
      return bad_byte(text, offset, file,
                      "a byte order mark may stand only at the beginning of a file",
                      "remove this character, which editors do not show");
    }
    offset += length;
  }
  return std::nullopt;
}

} // namespace imagewright::yaml
