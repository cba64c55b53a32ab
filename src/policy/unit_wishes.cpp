// SPDX-License-Identifier: MIT
#include "unit_wishes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace imagewright::policy {

std::string full_unit_name(const std::string& name) {
  constexpr std::array<std::string_view, 11> k_types{".service", ".socket", ".target", ".timer",
                                                     ".path",    ".mount",  ".slice",  ".automount",
                                                     ".swap",    ".device", ".scope"};
  const bool has_type =
      std::ranges::any_of(k_types, [&](std::string_view type) { return name.ends_with(type); });
  return has_type ? name : name + ".service";
}

bool is_decided_by_config(const PolicyInput& input, const std::string& unit) {
  const auto& services = input.config.os.services;
  const auto names = [&](const std::vector<model::LocatedText>& units) {
    return std::ranges::any_of(
        units, [&](const auto& each) { return full_unit_name(each.text) == full_unit_name(unit); });
  };
  return names(services.enable) || names(services.disable) || names(services.mask);
}

} // namespace imagewright::policy
