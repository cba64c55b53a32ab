// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::json {

namespace {

nlohmann::ordered_json to_library(const Value& value) {
  return std::visit(
      [](const auto& held) -> nlohmann::ordered_json {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, Array>) {
          auto array = nlohmann::ordered_json::array();
          for (const Value& element : held)
            array.push_back(to_library(element));
          return array;
        } else if constexpr (std::is_same_v<Held, Object>) {
          auto object = nlohmann::ordered_json::object();
          for (const auto& [name, member] : held)
            object[name] = to_library(member);
          return object;
        } else {
          return held;
        }
      },
      value.storage());
}

// Bytes that are not UTF-8 (a file name of a package, say) become U+FFFD instead of an exception.
constexpr auto k_replace_bad_bytes = nlohmann::ordered_json::error_handler_t::replace;

/// The sequence of UTF-8 at the start of a text that is valid.
std::string_view first_letter(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80)
    ++length;
  return text.substr(0, length);
}

/// RFC 8259, section 7: of what is not in the first plane, both halves.
std::string escaped(std::string_view letter) {
  const auto at = [&](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(letter[index]));
  };
  std::uint32_t point = at(0);
  if (letter.size() > 1) point &= 0x7FU >> letter.size();
  for (std::size_t index = 1; index < letter.size(); ++index)
    point = (point << 6U) | (at(index) & 0x3FU);
  if (point < 0x10000) return fmt::format("\\u{:04x}", point);
  point -= 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (point >> 10U), 0xDC00 + (point & 0x3FFU));
}

/// The library escapes what ASCII has of controls. Terminals know others, and services that run
/// builds take "##[" for a command of theirs; all of it stands within strings.
std::string without_commands(std::string text) {
  const auto is_suspect = [](char letter) {
    return static_cast<unsigned char>(letter) >= 0x7F || letter == '#';
  };
  auto next = std::ranges::find_if(text, is_suspect);
  if (next == text.end()) return text;
  std::string result;
  std::string_view rest(text);
  while (next != text.end()) {
    const auto place = static_cast<std::size_t>(next - text.begin());
    const std::size_t done = text.size() - rest.size();
    result += rest.substr(0, place - done);
    rest.remove_prefix(place - done);
    const std::string_view letter = first_letter(rest);
    const bool is_harmless = letter == "#" ? !rest.starts_with("##[") && !rest.starts_with("##vso[")
                                           : base::escape_controls(letter) == letter;
    result += is_harmless ? std::string(letter) : escaped(letter);
    rest.remove_prefix(letter.size());
    next = std::find_if(next + static_cast<std::ptrdiff_t>(letter.size()), text.end(), is_suspect);
  }
  return result + std::string(rest);
}

} // namespace

std::string to_text(const Value& value) {
  return without_commands(to_library(value).dump(2, ' ', false, k_replace_bad_bytes)) + "\n";
}

std::string to_line(const Value& value) {
  return without_commands(to_library(value).dump(-1, ' ', false, k_replace_bad_bytes));
}

} // namespace imagewright::json
