// SPDX-License-Identifier: MIT
#include <map>
#include <set>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "../content.hpp"
#include "../reference_names.hpp"
#include "../steps.hpp"
#include "../units/links.hpp"
#include "../units/presets.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::UnitChange>& policy;
  const model::ServicesConfig& services;
};

using Warnings = std::vector<base::Diagnostic>;

[[noreturn]] void refuse(const std::string& code, const std::string& message,
                         const model::UnitChange& change, const std::string& hint) {
  throw base::Error(base::FailureKind::build,
                    {.code = code, .message = message, .where = change.where, .hint = hint});
}

[[noreturn]] void refuse_missing(const units::UnitLinks& links, const std::string& name,
                                 const model::UnitChange& change) {
  const auto near = base::did_you_mean(name, links.catalogue().names());
  refuse("finalize.unknown-unit",
         "the image has no unit " + base::quoted(name) + ", which " + change.origin + " asks for",
         change,
         near.empty() ? "install the package that brings the unit, or correct the name" : near);
}

Warnings enable(units::UnitLinks& links, const std::string& name, const model::UnitChange& change) {
  const auto done = links.enable(name);
  if (!done.problems.empty()) {
    refuse("finalize.unit-not-linkable",
           "unit " + base::quoted(name) + " cannot be enabled as its [Install] section says: " +
               base::join(done.problems, "; "),
           change, "name an instance of a template, correct the unit, or disable the other unit");
  }
  switch (done.result) {
  case units::EnableResult::enabled:
    return {};
  case units::EnableResult::has_no_install_section:
    return {{.severity = base::Severity::warning,
             .code = "finalize.unit-not-enableable",
             .message = "unit " + base::quoted(name) +
                        " has no [Install] section: enabling it does nothing",
             .where = change.where,
             .hint =
                 "it is started by other units; give it a drop-in with WantedBy= if that is not "
                 "enough"}};
  case units::EnableResult::masked:
    refuse("finalize.masked-unit",
           "unit " + base::quoted(name) + " is masked, and " + change.origin + " enables it",
           change, "remove the mask or the wish");
  case units::EnableResult::missing:
    break;
  }
  refuse_missing(links, name, change);
}

/// Links of packages start it all the same.
Warnings warn_of_packaged_links(const units::UnitLinks& links, const std::string& name,
                                const model::UnitChange& change) {
  const auto owner = links.catalogue().find_packaged_owner(name);
  if (!owner) return {};
  return {{.severity = base::Severity::warning,
           .code = "finalize.unit-still-started",
           .message = "unit " + base::quoted(name) +
                      " starts all the same: a package has it among what " + base::quoted(*owner) +
                      " starts",
           .where = change.where,
           .hint = "use os.services.mask, which keeps it from starting at all"}};
}

Warnings apply(units::UnitLinks& links, const model::UnitChange& change,
               const std::set<std::string>& wanted) {
  const auto name = full_unit_name(change.unit);
  switch (change.state) {
  case model::UnitState::enabled:
    return enable(links, name, change);
  case model::UnitState::disabled:
    if (!links.disable(name, wanted) &&
        links.catalogue().absence_of(name) == units::UnitAbsence::missing) {
      refuse_missing(links, name, change);
    }
    return warn_of_packaged_links(links, name, change);
  case model::UnitState::masked:
    links.mask(name);
    return {};
  }
  return {};
}

void add_drop_in(const fs::RootDir& files, const model::UnitDropIn& drop_in) {
  const auto name = drop_in.name.ends_with(".conf") ? drop_in.name : drop_in.name + ".conf";
  files.write(std::string(units::k_configuration_directory) + "/" + full_unit_name(drop_in.unit) +
                  ".d/" + name,
              content_of(drop_in.content), 0644);
}

std::vector<model::UnitChange> changes_of(const Input& input) {
  auto changes = input.policy;
  const auto add = [&](const std::vector<model::LocatedText>& names, model::UnitState state,
                       const std::string& origin) {
    for (const auto& name : names)
      changes.push_back({name.text, state, origin, name.where});
  };
  const auto& services = input.services;
  add(services.enable, model::UnitState::enabled, "os.services.enable");
  add(services.disable, model::UnitState::disabled, "os.services.disable");
  add(services.mask, model::UnitState::masked, "os.services.mask");
  return changes;
}

bool is_of_config(const model::UnitChange& change) {
  return change.origin.starts_with("os.services.");
}

using SwitchedOff = std::map<std::string, const model::UnitChange*>;

SwitchedOff::const_iterator find_template(const SwitchedOff& switched_off,
                                          const std::string& name) {
  const auto parsed = units::parse_unit_name(name);
  return parsed && parsed->is_instance() ? switched_off.find(parsed->template_name())
                                         : switched_off.end();
}

/// What the config enables by name, in every spelling.
std::set<std::string> wanted_units(const units::UnitLinks& links,
                                   const model::ServicesConfig& services) {
  std::set<std::string> names;
  for (const auto& unit : services.enable) {
    names.insert(full_unit_name(unit.text));
    if (const auto name = links.find_name_to_link(full_unit_name(unit.text))) names.insert(*name);
  }
  return names;
}

/// Two names of one unit, of which one enables what the other switches off: the policy has seen
/// only names.
void refuse_contradictions(const units::UnitLinks& links,
                           const std::vector<model::UnitChange>& changes) {
  SwitchedOff switched_off;
  for (const auto& change : changes) {
    if (change.state == model::UnitState::enabled) continue;
    if (const auto name = links.find_name_to_link(full_unit_name(change.unit)))
      switched_off.emplace(*name, &change);
    // What befalls a template befalls its instances; what is between policy and config is settled.
    if (is_of_config(change)) switched_off.emplace(full_unit_name(change.unit), &change);
  }
  for (const auto& change : changes) {
    if (change.state != model::UnitState::enabled) continue;
    const auto name = links.find_name_to_link(full_unit_name(change.unit));
    SwitchedOff::const_iterator found = name ? switched_off.find(*name) : switched_off.end();
    if (name && found == switched_off.end() && is_of_config(change))
      found = find_template(switched_off, *name);
    // What one name is to be, policy and config have settled.
    if (found == switched_off.end() ||
        full_unit_name(found->second->unit) == full_unit_name(change.unit))
      continue;
    base::Diagnostic told{.code = "finalize.unit-conflict",
                          .message = base::quoted(change.unit) + " in " + change.origin + " and " +
                                     base::quoted(found->second->unit) + " in " +
                                     found->second->origin + " are both about the unit " +
                                     base::quoted(*name),
                          .where = change.where,
                          .hint = "remove one of the two"};
    if (found->second->where)
      told.related.push_back({*found->second->where, "the other one stands here"});
    throw base::Error(base::FailureKind::input, told);
  }
}

/// The first boot of a machine without an id would undo what is enabled and disabled here.
void keep_at_first_boot(const fs::RootDir& files, const units::UnitLinks& links,
                        const std::vector<model::UnitChange>& changes) {
  std::map<std::string, units::Preset> presets;
  for (const auto& change : changes) {
    if (change.state == model::UnitState::masked) continue;
    const auto name = full_unit_name(change.unit);
    presets[links.find_name_to_link(name).value_or(name)] =
        change.state == model::UnitState::enabled ? units::Preset::enable : units::Preset::disable;
  }
  if (!presets.empty() && units::boots_first(files)) units::write_presets(files, presets);
}

StepYield link_units(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  for (const auto& drop_in : input.services.drop_ins)
    add_drop_in(files, drop_in);
  units::UnitLinks links(files);
  StepYield yield;
  const auto changes = changes_of(input);
  refuse_contradictions(links, changes);
  const auto wanted = wanted_units(links, input.services);
  for (const auto& change : changes)
    yield.add({.warnings = apply(links, change, wanted)});
  keep_at_first_boot(files, links, changes);
  return yield;
}

} // namespace

constinit const Step units{
    "units", AppliesTo::both,
    k_run<link_units, &model::SystemPolicy::units, &model::OsConfig::services>};

} // namespace imagewright::finalize::steps
