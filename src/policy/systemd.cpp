// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <imagewright/base/text.hpp>

#include "roles.hpp"
#include "systemd_version.hpp"

namespace imagewright::policy {
namespace {

using Names = std::vector<model::LocatedText>;

/// A unit can be in one state only.
void refuse_twice(PolicyPart& part, const Names& first, const std::string& first_key,
                  const Names& second, const std::string& second_key) {
  for (const auto& left : first) {
    for (const auto& right : second) {
      if (left.text != right.text) continue;
      part.diagnostics.add({.code = "policy.unit-conflict",
                            .message = "unit " + base::quoted(left.text) + " is in " + first_key +
                                       " and in " + second_key,
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
