// SPDX-License-Identifier: MIT
#include "presets.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize::units {
namespace {

constexpr std::array<std::string_view, 3> k_directories{"/etc/systemd/system-preset",
                                                        "/usr/local/lib/systemd/system-preset",
                                                        "/usr/lib/systemd/system-preset"};

std::optional<PresetAction> find_action(std::string_view word) {
  if (word == "enable") return PresetAction::enable;
  if (word == "disable") return PresetAction::disable;
  if (word == "ignore") return PresetAction::ignore;
  return std::nullopt;
}

bool fits(const PresetRule& rule, const std::string& unit) {
  if (base::matches_glob(unit, rule.pattern)) return true;
  // A rule with instances speaks of them as well as of the template.
  const auto name = parse_unit_name(unit);
  return name && name->is_instance() && name->template_name() == rule.pattern &&
         std::ranges::find(rule.instances, *name->instance) != rule.instances.end();
}

/// The units that a rule enables in place of this one.
std::vector<std::string> units_to_enable(const PresetRule& rule, const std::string& unit) {
  const auto name = parse_unit_name(unit);
  if (rule.instances.empty() || !name || !name->is_template()) return {unit};
  std::vector<std::string> units;
  for (const auto& instance : rule.instances)
    units.push_back(name->with_instance(instance));
  return units;
}

} // namespace

std::vector<PresetRule> parse_presets(std::string_view text) {
  std::vector<PresetRule> rules;
  for (const auto& line : base::split(text, '\n')) {
    auto words = base::split_whitespace(line);
    if (words.size() < 2 || words[0].starts_with('#') || words[0].starts_with(';')) continue;
    const auto action = find_action(words[0]);
    if (!action) continue;
    rules.push_back({.action = *action,
                     .pattern = std::move(words[1]),
                     .instances = {std::make_move_iterator(words.begin() + 2),
                                   std::make_move_iterator(words.end())}});
  }
  return rules;
}

std::vector<PresetRule> read_presets(const fs::RootDir& root) {
  std::map<std::string, std::string> files;
  for (const auto directory : k_directories) {
    for (const auto& name : root.list(directory)) {
      if (name.ends_with(".preset")) files.emplace(name, std::string(directory) + "/" + name);
    }
  }
  std::vector<PresetRule> rules;
  for (const auto& [name, path] : files) {
    // A file that is a link to /dev/null takes the one of that name away.
    if (root.find_link_target(path) == "/dev/null") continue;
    auto more = parse_presets(root.find_content(path).value_or(""));
    std::ranges::move(more, std::back_inserter(rules));
  }
  return rules;
}

PresetRule rule_for(const std::vector<PresetRule>& rules, const std::string& unit) {
  const auto rule = std::ranges::find_if(rules, [&](const auto& each) { return fits(each, unit); });
  return rule == rules.end() ? PresetRule{} : *rule;
}

void apply_presets(const fs::RootDir& root, UnitLinks& links) {
  const auto rules = read_presets(root);
  std::set<std::string> enabled;
  std::set<std::string> disabled;
  for (const auto& name : links.catalogue().names()) {
    const auto unit = links.catalogue().find(name);
    // Aliases go with the unit that they lead to; masked units stay masked.
    if (!unit || unit->name.to_string() != name) continue;
    const auto rule = rule_for(rules, name);
    if (rule.action == PresetAction::disable) disabled.insert(name);
    if (rule.action != PresetAction::enable) continue;
    const auto wanted = units_to_enable(rule, name);
    enabled.insert(wanted.begin(), wanted.end());
  }
  for (const auto& name : disabled)
    links.disable(name);
  for (const auto& name : enabled)
    links.enable(name);
}

} // namespace imagewright::finalize::units
