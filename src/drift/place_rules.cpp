// SPDX-License-Identifier: MIT
#include "place_rules.hpp"

#include <algorithm>
#include <vector>

#include <imagewright/base/path_pattern.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::drift {

namespace {

bool leads_to(std::string_view directory, const std::string& pattern) {
  if (directory == "/") return true;
  const std::vector<std::string> wanted = base::split(pattern, '/');
  const std::vector<std::string> parts = base::split(directory, '/');
  if (parts.size() >= wanted.size()) return false;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    if (!base::matches_glob(parts[index], wanted[index])) return false;
  }
  return true;
}

std::string aspect(const audit::Aspects& aspects, std::string_view name) {
  const auto found = aspects.find(name);
  return found == aspects.end() ? std::string() : found->second;
}

/// The first of four octal digits: setuid 4, setgid 2, sticky 1.
bool gives_rights(const audit::Aspects& aspects) {
  const std::string mode = aspect(aspects, "mode");
  return aspect(aspects, "type") == "file" && mode.size() == 4 && mode.front() >= '2';
}

} // namespace

std::optional<std::string> PlaceRules::find_reason(std::string_view path, UpdateSeen update) const {
  for (const audit::ChangingPlace& place : rules_.changing) {
    const bool holds =
        place.condition == audit::ChangeCondition::always || update == UpdateSeen::yes;
    if (holds && base::is_at_or_below_pattern(path, place.pattern)) return place.reason;
  }
  return std::nullopt;
}

bool PlaceRules::is_guarded(std::string_view path) const {
  return std::any_of(rules_.guarded.begin(), rules_.guarded.end(), [&](const auto& pattern) {
    return base::is_at_or_below_pattern(path, pattern);
  });
}

bool PlaceRules::leads_to_guarded(std::string_view directory) const {
  return std::any_of(rules_.guarded.begin(), rules_.guarded.end(),
                     [&](const auto& pattern) { return leads_to(directory, pattern); });
}

bool is_harmless_kind_of_change(const audit::Aspects& before, const audit::Aspects& now) {
  const bool is_same_type =
      before.empty() || aspect(before, "type") == aspect(now, "type") ||
      // What names a file today may be a link to it tomorrow: /etc/resolv.conf.
      (aspect(before, "type") == "file" && aspect(now, "type") == "link") ||
      (aspect(before, "type") == "link" && aspect(now, "type") == "file");
  return is_same_type && (!gives_rights(now) || gives_rights(before)) &&
         aspect(before, "capabilities") == aspect(now, "capabilities");
}

} // namespace imagewright::drift
