// SPDX-License-Identifier: MIT
#include "roles.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::policy {

void request_role(PolicyPart& part, const PolicyInput& input, const std::string& role,
                  const std::string& wanted_by, const base::SourceLocation& where) {
  const auto entry = input.release.roles.find(role);
  if (entry == input.release.roles.end()) {
    std::vector<std::string> names;
    for (const auto& [name, packages] : input.release.roles)
      names.push_back(name);
    const std::string suggestion = base::did_you_mean(role, names);
    part.diagnostics.error(
        "policy.missing-role",
        "release " + base::quoted(input.release.name) + " has no package for the role " +
            base::quoted(role) + ", which " + wanted_by + " needs",
        where, suggestion.empty() ? "add the role to the release profile" : suggestion);
    return;
  }
  for (const auto& package : entry->second.for_architecture(input.architecture.name)) {
    part.policy.packages.push_back(
        {.spec = package.text,
         .where = package.where,
         .origin = "role " + role + " of release " + input.release.name + ", for " + wanted_by});
  }
}

const model::BaselineEntry* find_baseline(const model::ReleaseProfile& release,
                                          const std::string& subject) {
  const auto entry = std::ranges::find(release.baseline, subject, &model::BaselineEntry::subject);
  return entry == release.baseline.end() ? nullptr : &*entry;
}

std::string left_out_role(const model::LocatedText& word) {
  return word.text.starts_with('-') ? word.text.substr(1) : std::string();
}

bool is_left_out(const PolicyInput& input, const std::string& role) {
  return std::ranges::find(input.config.os.packages.roles, role, left_out_role) !=
         input.config.os.packages.roles.end();
}

base::Diagnostics check_left_out_roles(const PolicyInput& input) {
  base::Diagnostics diagnostics;
  std::vector<std::string> names;
  for (const auto& role : input.release.base_roles)
    names.push_back(role.text);
  for (const auto& word : input.config.os.packages.roles) {
    const std::string role = left_out_role(word);
    if (role.empty() || std::ranges::find(names, role) != names.end()) continue;
    const std::string suggestion = base::did_you_mean(role, names);
    diagnostics.error("policy.no-base-role",
                      fmt::format("{} is none of the base roles of release {}", base::quoted(role),
                                  base::quoted(input.release.name)),
                      word.where,
                      suggestion.empty() ? fmt::format("they are {}", fmt::join(names, ", "))
                                         : suggestion);
  }
  return diagnostics;
}

bool has_role(const PolicyInput& input, const std::string& role) {
  const auto& base_roles = input.release.base_roles;
  if (std::ranges::find(base_roles, role, &model::LocatedText::text) != base_roles.end() &&
      !is_left_out(input, role))
    return true;
  const auto& wished_roles = input.config.os.packages.roles;
  if (std::ranges::find(wished_roles, role, &model::LocatedText::text) != wished_roles.end())
    return true;
  const auto entry = input.release.roles.find(role);
  if (entry == input.release.roles.end()) return false;
  const auto& packages = entry->second.for_architecture(input.architecture.name);
  return std::ranges::any_of(input.config.os.packages.install, [&](const auto& request) {
    return std::ranges::find(packages, request.spec, &model::LocatedText::text) != packages.end();
  });
}

bool has_packaged_kernel(const PolicyInput& input) {
  const auto& mode = input.config.os.uki_mode;
  return mode && mode->value == model::UkiMode::passthrough;
}

} // namespace imagewright::policy
