// SPDX-License-Identifier: MIT
#include "disk/fat/name.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "disk/fat/upper_case.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_longest_name = 255;
constexpr std::size_t k_units_per_entry = 13;
constexpr std::size_t k_base_length = 8;
constexpr std::size_t k_extension_length = 3;
constexpr std::u16string_view k_forbidden = u"\"*/:<>?\\|";
// Allowed in long names only (section 7).
constexpr std::u16string_view k_forbidden_in_short = u"+,;=[]. ";

bool is_short_character(char16_t unit) {
  return unit > 0x20 && unit < 0x7F && k_forbidden.find(unit) == std::u16string_view::npos &&
         k_forbidden_in_short.find(unit) == std::u16string_view::npos;
}

struct SplitName {
  std::u16string base;
  std::u16string extension;
};

SplitName split(std::u16string_view name) {
  const std::size_t dot = name.rfind(u'.');
  if (dot == std::u16string_view::npos || dot == 0) return {std::u16string(name), {}};
  return {std::u16string(name.substr(0, dot)), std::u16string(name.substr(dot + 1))};
}

ShortName padded(std::u16string_view base, std::u16string_view extension) {
  ShortName name;
  name.fill(' ');
  const auto narrow = [](char16_t unit) { return static_cast<char>(unit); };
  std::transform(base.begin(), base.end(), name.begin(), narrow);
  std::transform(extension.begin(), extension.end(), name.begin() + k_base_length, narrow);
  return name;
}

/// The capital letters of a name that fits 8.3, whatever its case.
std::optional<ShortName> exact_short_name(std::u16string_view name) {
  const SplitName parts = split(upper_case(name));
  const bool has_dot_only = !name.empty() && name.back() == u'.';
  if (parts.base.empty() || parts.base.size() > k_base_length || has_dot_only ||
      parts.extension.size() > k_extension_length) {
    return std::nullopt;
  }
  const bool is_valid =
      std::all_of(parts.base.begin(), parts.base.end(), is_short_character) &&
      std::all_of(parts.extension.begin(), parts.extension.end(), is_short_character);
  if (!is_valid) return std::nullopt;
  return padded(parts.base, parts.extension);
}

std::u16string only_short_characters(std::u16string_view text, std::size_t limit) {
  std::u16string result;
  for (const char16_t unit : text) {
    if (unit == u' ' || unit == u'.') continue;
    result.push_back(is_short_character(unit) ? unit : u'_');
    if (result.size() == limit) break;
  }
  return result;
}

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw base::Error(base::FailureKind::build, "disk.name-unsupported",
                    fmt::format("{} cannot stand on a FAT filesystem: {}", base::quoted(path), why),
                    "rename or remove the file");
}

} // namespace

std::optional<std::u16string> to_utf16(std::string_view text) {
  if (!base::is_valid_utf8(text)) return std::nullopt;
  std::u16string result;
  for (std::size_t index = 0; index < text.size();) {
    const auto lead = static_cast<unsigned char>(text[index]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t next = 1; next < length; ++next) {
      code = code << 6U | (static_cast<unsigned char>(text[index + next]) & 0x3FU);
    }
    index += length;
    if (code >= 0x10000) {
      result.push_back(static_cast<char16_t>(0xD800U + ((code - 0x10000U) >> 10U)));
      result.push_back(static_cast<char16_t>(0xDC00U + ((code - 0x10000U) & 0x3FFU)));
    } else {
      result.push_back(static_cast<char16_t>(code));
    }
  }
  return result;
}

std::string to_utf8(std::u16string_view text) {
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    char32_t code = text[index];
    const bool is_pair = (code & 0xFC00U) == 0xD800U && index + 1 < text.size() &&
                         (text[index + 1] & 0xFC00U) == 0xDC00U;
    if (is_pair) {
      code = 0x10000U + ((code & 0x3FFU) << 10U) + (text[++index] & 0x3FFU);
    } else if ((code & 0xF800U) == 0xD800U) {
      code = 0xFFFD;
    }
    const auto continuation = [&](unsigned shift) {
      result.push_back(static_cast<char>(0x80U | ((code >> shift) & 0x3FU)));
    };
    if (code < 0x80) {
      result.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      result.push_back(static_cast<char>(0xC0U | (code >> 6U)));
      continuation(0);
    } else if (code < 0x10000) {
      result.push_back(static_cast<char>(0xE0U | (code >> 12U)));
      continuation(6);
      continuation(0);
    } else {
      result.push_back(static_cast<char>(0xF0U | (code >> 18U)));
      continuation(12);
      continuation(6);
      continuation(0);
    }
  }
  return result;
}

std::string shown_name(const ShortName& name, std::uint8_t small_parts) {
  const std::string_view stored(name.data(), name.size());
  const auto part = [&](std::string_view text, std::uint8_t mark) {
    const std::string_view used = text.substr(0, text.find_last_not_of(' ') + 1);
    return (small_parts & mark) != 0 ? base::to_lower(used) : std::string(used);
  };
  const std::string extension = part(stored.substr(k_base_length), k_small_extension);
  return part(stored.substr(0, k_base_length), k_small_base) +
         (extension.empty() ? "" : "." + extension);
}

FatName FatNames::add(std::string_view name, const std::string& path, std::uint8_t small_parts) {
  const auto wide = to_utf16(name);
  if (!wide) refuse(path, "its name is not UTF-8");
  if (wide->size() > k_longest_name) refuse(path, "its name is too long");
  if (wide->back() == u'.' || wide->back() == u' ') {
    refuse(path, "its name ends with a dot or a blank");
  }
  const bool is_bad = std::any_of(wide->begin(), wide->end(), [](char16_t unit) {
    return unit < 0x20 || k_forbidden.find(unit) != std::u16string_view::npos;
  });
  if (is_bad) refuse(path, "its name has a character that is not allowed there");
  if (!folded_.insert(upper_case(*wide)).second) {
    refuse(path, "another name in the same directory differs only in case");
  }
  const auto exact = exact_short_name(*wide);
  if (exact && taken_.insert(*exact).second) {
    if (shown_name(*exact, 0) == name) return {.short_name = *exact};
    if (shown_name(*exact, small_parts) == name)
      return {.short_name = *exact, .small_parts = small_parts};
    return {.short_name = *exact, .long_name = *wide};
  }
  return {.short_name = unique_alias(*wide), .long_name = *wide};
}

// Section 7.4: the basis name with a numeric tail.
ShortName FatNames::unique_alias(std::u16string_view name) {
  const SplitName parts = split(upper_case(name));
  std::u16string base = only_short_characters(parts.base, k_base_length);
  if (base.empty()) base = u"_";
  const std::u16string extension = only_short_characters(parts.extension, k_extension_length);
  for (unsigned number = 1;; ++number) {
    const std::string digits = fmt::format("~{}", number);
    std::u16string tail(digits.begin(), digits.end());
    const ShortName alias = padded(base.substr(0, k_base_length - tail.size()) + tail, extension);
    if (taken_.insert(alias).second) return alias;
  }
}

std::size_t entry_count(const FatName& name) {
  return 1 + (name.long_name.size() + k_units_per_entry - 1) / k_units_per_entry;
}

} // namespace imagewright::disk
