// SPDX-License-Identifier: MIT
#include "name.hpp"

#include <algorithm>
#include <array>

namespace imagewright::finalize::units {
namespace {

constexpr std::array<std::string_view, 11> k_suffixes{
    ".service", ".socket",    ".target", ".timer",  ".path", ".mount",
    ".slice",   ".automount", ".swap",   ".device", ".scope"};
constexpr std::string_view k_marks = ":-_.\\@";

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         k_marks.find(c) != std::string_view::npos;
}

} // namespace

std::string UnitName::to_string() const {
  return instance ? prefix + "@" + *instance + suffix : prefix + suffix;
}

std::string UnitName::template_name() const {
  return prefix + "@" + suffix;
}

std::string UnitName::with_instance(std::string_view text) const {
  return prefix + "@" + std::string(text) + suffix;
}

std::optional<UnitName> parse_unit_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() > 255) return std::nullopt;
  if (!std::ranges::all_of(name, is_allowed)) return std::nullopt;
  const auto suffix = name.substr(dot);
  if (std::ranges::find(k_suffixes, suffix) == k_suffixes.end()) return std::nullopt;
  const auto stem = name.substr(0, dot);
  const auto at = stem.find('@');
  if (at == 0) return std::nullopt;
  if (at == std::string_view::npos) return UnitName{std::string(stem), {}, std::string(suffix)};
  return UnitName{std::string(stem.substr(0, at)), std::string(stem.substr(at + 1)),
                  std::string(suffix)};
}

} // namespace imagewright::finalize::units
