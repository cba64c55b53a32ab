// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

base::Diagnostics check_roles(const model::ReleaseProfile& profile,
                              const std::vector<model::LocatedText>& roles) {
  base::Diagnostics diagnostics;
  std::vector<std::string> names;
  for (const auto& [name, role] : profile.roles)
    names.push_back(name);
  for (const model::LocatedText& role : roles) {
    if (profile.roles.contains(role.text)) continue;
    std::string hint = base::did_you_mean(role.text, names);
    if (hint.empty()) hint = fmt::format("roles are {}", base::join(names, ", "));
    diagnostics.error("config.unknown-reference",
                      fmt::format("there is no role {}", base::quoted(role.text)), role.where,
                      std::move(hint));
  }
  return diagnostics;
}

base::Diagnostics check_boot_loader(const model::ReleaseProfile& profile,
                                    const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  if (profile.boot_loaders.contains(profile.default_boot_loader)) return diagnostics;
  const auto root = document.root();
  const auto name = root ? root->text("defaultBootLoader") : std::nullopt;
  if (!name) return diagnostics;
  std::vector<std::string> names;
  for (const auto& [loader, facts] : profile.boot_loaders)
    names.push_back(loader);
  diagnostics.error("config.unknown-reference",
                    fmt::format("there is no boot loader {}", base::quoted(name->text)),
                    name->where, fmt::format("boot loaders are {}", base::join(names, ", ")));
  return diagnostics;
}

} // namespace

base::Diagnostics check_release_rules(const model::ReleaseProfile& profile,
                                      const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  if (document.is_clean("roles")) diagnostics.append(check_roles(profile, profile.base_roles));
  for (const auto& [platform, facts] : profile.platforms) {
    if (document.is_clean("roles")) diagnostics.append(check_roles(profile, facts.roles));
    if (facts.network) diagnostics.append(check_network(*facts.network));
  }
  if (document.is_clean("bootLoaders")) diagnostics.append(check_boot_loader(profile, document));
  if (document.is_clean("repositories"))
    diagnostics.append(check_repositories(profile.repositories));
  if (document.is_clean("defaultStorage"))
    diagnostics.append(check_storage(profile.default_storage));
  return diagnostics;
}

} // namespace imagewright::config
