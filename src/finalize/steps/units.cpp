// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "../steps.hpp"
#include "../units/links.hpp"
#include "../units/presets.hpp"

namespace imagewright::finalize::steps {
namespace {

/// Names without a suffix are services, as for systemctl.
std::string full_name(const std::string& name) {
  return units::parse_unit_name(name) ? name : name + ".service";
}

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

void enable(const Context& context, units::UnitLinks& links, const std::string& name,
            const model::UnitChange& change) {
  switch (links.enable(name)) {
  case units::EnableResult::enabled:
    return;
  case units::EnableResult::has_no_install_section:
    context.services.reporter.warning(
        {.severity = base::Severity::warning,
         .code = "finalize.unit-not-enableable",
         .message =
             "unit " + base::quoted(name) + " has no [Install] section: enabling it does nothing",
         .where = change.where,
         .hint = "it is started by other units; give it a drop-in with WantedBy= if that is not "
                 "enough"});
    return;
  case units::EnableResult::alias_taken:
    refuse("finalize.alias-taken",
           "an alias of unit " + base::quoted(name) + " leads to another unit", change,
           "disable the other unit first");
  case units::EnableResult::masked:
    refuse("finalize.masked-unit",
           "unit " + base::quoted(name) + " is masked, and " + change.origin + " enables it",
           change, "remove the mask or the wish");
  case units::EnableResult::missing:
    break;
  }
  refuse_missing(links, name, change);
}

void apply(const Context& context, units::UnitLinks& links, const model::UnitChange& change) {
  const auto name = full_name(change.unit);
  switch (change.state) {
  case model::UnitState::enabled:
    enable(context, links, name, change);
    return;
  case model::UnitState::disabled:
    if (!links.disable(name) && links.catalogue().absence_of(name) == units::UnitAbsence::missing) {
      refuse_missing(links, name, change);
    }
    return;
  case model::UnitState::masked:
    links.mask(name);
    return;
  }
}

void add_drop_in(const Context& context, const model::UnitDropIn& drop_in) {
  const auto name = drop_in.name.ends_with(".conf") ? drop_in.name : drop_in.name + ".conf";
  context.root.write(std::string(units::k_configuration_directory) + "/" + full_name(drop_in.unit) +
                         ".d/" + name,
                     content_of(drop_in.content), 0644);
}

std::vector<model::UnitChange> changes_of(const FinalizePlan& plan) {
  auto changes = plan.policy.units;
  const auto add = [&](const std::vector<model::LocatedText>& names, model::UnitState state,
                       const std::string& origin) {
    for (const auto& name : names)
      changes.push_back({name.text, state, origin, name.where});
  };
  const auto& services = plan.os.services;
  add(services.enable, model::UnitState::enabled, "os.services.enable");
  add(services.disable, model::UnitState::disabled, "os.services.disable");
  add(services.mask, model::UnitState::masked, "os.services.mask");
  return changes;
}

} // namespace

void units(const Context& context) {
  for (const auto& drop_in : context.plan.os.services.drop_ins)
    add_drop_in(context, drop_in);
  units::UnitLinks links(context.root);
  if (context.plan.presets == UnitPresets::apply) {
    units::apply_presets(context.root, links);
  }
  for (const auto& change : changes_of(context.plan))
    apply(context, links, change);
}

} // namespace imagewright::finalize::steps
