// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/model/unit_name.hpp>

#include "roles.hpp"
#include "systemd_version.hpp"
#include "unit_wishes.hpp"

namespace imagewright::policy {
namespace {

using Names = std::vector<model::LocatedText>;

/// "getty@.service" of "getty@tty1.service"; empty when it is no instance.
std::string template_of(const std::string& unit) {
  const auto at = unit.find('@');
  const auto dot = unit.rfind('.');
  if (at == std::string::npos || dot == std::string::npos || dot <= at + 1) return {};
  return unit.substr(0, at + 1) + unit.substr(dot);
}

/// Whether the state of the second unit is the first one's too: what befalls a template befalls its
/// instances.
bool is_decided_by(const std::string& first, const std::string& second) {
  const auto unit = model::full_unit_name(first);
  const auto other = model::full_unit_name(second);
  return unit == other || template_of(unit) == other;
}

/// A unit can be in one state only.
void refuse_twice(PolicyPart& part, const Names& first, const std::string& first_key,
                  const Names& second, const std::string& second_key) {
  for (const auto& left : first) {
    for (const auto& right : second) {
      if (!is_decided_by(left.text, right.text)) continue;
      const bool is_same = model::full_unit_name(left.text) == model::full_unit_name(right.text);
      part.diagnostics.add(
          {.code = "policy.unit-conflict",
           .message = "unit " + base::quoted(left.text) + " is in " + first_key + " and " +
                      (is_same ? "" : "its template " + base::quoted(right.text) + " ") + "in " +
                      second_key,
           .where = right.where,
           .related = {{left.where, first_key + " has it here"}},
           .hint = "remove it from one of the two"});
    }
  }
}

} // namespace

const model::BaselineEntry* systemd_baseline(const model::ReleaseProfile& release) {
  const auto* entry = find_baseline(release, "systemd");
  return entry != nullptr ? entry : find_baseline(release, "init");
}

PolicyPart systemd_policy(const PolicyInput& input) {
  PolicyPart part;
  request_role(part, input, "init", "every image", input.release.where);
  if (const auto* baseline = systemd_baseline(input.release)) {
    part.policy.checks.push_back({.name = "systemd is " + baseline->series,
                                  .kind = model::CheckKind::systemd_series,
                                  .subject = "",
                                  .expected = baseline->series});
  }
  part.policy.checks.push_back({.name = "no failed units",
                                .kind = model::CheckKind::no_failed_units,
                                .subject = "",
                                .expected = ""});
  const auto& services = input.config.os.services;
  refuse_twice(part, services.enable, "os.services.enable", services.disable,
               "os.services.disable");
  refuse_twice(part, services.enable, "os.services.enable", services.mask, "os.services.mask");
  return part;
}

} // namespace imagewright::policy
