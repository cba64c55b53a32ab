// SPDX-License-Identifier: MIT
#include "unit_wishes.hpp"

#include <algorithm>

#include <imagewright/model/unit_name.hpp>

namespace imagewright::policy {

bool is_decided_by_config(const PolicyInput& input, const std::string& unit) {
  const auto& services = input.config.os.services;
  const auto names = [&](const std::vector<model::LocatedText>& units) {
    return std::ranges::any_of(units, [&](const auto& each) {
      return model::full_unit_name(each.text) == model::full_unit_name(unit);
    });
  };
  return names(services.enable) || names(services.disable) || names(services.mask);
}

} // namespace imagewright::policy
