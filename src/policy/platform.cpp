// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <imagewright/policy/system_policy.hpp>

#include "roles.hpp"
#include "unit_wishes.hpp"

namespace imagewright::policy {

const model::PlatformFacts* platform_facts(const PolicyInput& input) {
  if (!input.platform) return nullptr;
  const auto found = input.release.platforms.find(*input.platform);
  return found == input.release.platforms.end() ? nullptr : &found->second;
}

std::string platform_origin(const PolicyInput& input) {
  return "platform " + std::string(model::to_string(input.platform.value())) + " of release " +
         input.release.name;
}

PolicyPart platform_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto* facts = platform_facts(input);
  if (facts == nullptr) return part;
  const std::string origin = platform_origin(input);
  for (const auto& role : facts->roles)
    request_role(part, input, role.text, origin, role.where);
  for (const auto& package : facts->packages)
    part.policy.packages.push_back({package.text, package.where, origin});
  for (model::PolicyFile file : facts->files) {
    file.origin = origin;
    part.policy.files.push_back(std::move(file));
  }
  part.policy.initramfs_drivers = facts->drivers;
  const auto add = [&](const std::vector<model::LocatedText>& units, model::UnitState state) {
    for (const auto& unit : units) {
      if (!is_decided_by_config(input, unit.text))
        part.policy.units.push_back({unit.text, state, origin, unit.where});
    }
  };
  add(facts->enabled_units, model::UnitState::enabled);
  add(facts->disabled_units, model::UnitState::disabled);
  add(facts->masked_units, model::UnitState::masked);
  return part;
}

} // namespace imagewright::policy
