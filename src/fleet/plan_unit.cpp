// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/matrix.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/plan/lock_freshness.hpp>

#include "unit_facts.hpp"

namespace imagewright::fleet {

namespace {

constexpr const char* k_code = "fleet.changed-inputs";
constexpr const char* k_hint =
    "build from the checkout that the units were planned in, or plan again: imagewright matrix";

std::vector<plan::RepositoryOverride> merged(std::vector<plan::RepositoryOverride> repositories,
                                             const std::vector<plan::RepositoryOverride>& more) {
  for (const plan::RepositoryOverride& repository : more) {
    const auto same =
        std::ranges::find(repositories, repository.name, &plan::RepositoryOverride::name);
    if (same != repositories.end()) {
      *same = repository;
    } else {
      repositories.push_back(repository);
    }
  }
  return repositories;
}

[[noreturn]] void throw_missing(const Unit& unit, const std::filesystem::path& file) {
  throw base::Error(base::FailureKind::verification, k_code,
                    fmt::format("{} was planned with {}, which is not here", unit.id,
                                base::quoted(file.string())),
                    k_hint);
}

/// It had no mistakes when it was planned.
[[noreturn]] void throw_mistaken(const Unit& unit, const base::Diagnostics& mistakes) {
  base::Diagnostics all;
  all.add({.code = k_code,
           .message = fmt::format("{} is not what was planned: it cannot be planned now", unit.id),
           .hint = k_hint});
  all.append(mistakes);
  throw base::InputError(all, base::FailureKind::verification);
}

/// Throws what planning throws, and what is not as it was.
void require_same(const Unit& unit, const UnitPlan& made, const std::string& tool_version) {
  const plan::PlannedBuild planned = plan::plan_build(made.plan);
  const plan::BuildPlan& plan = planned.plans.at(0);
  const auto lock = plan::find_lock(unit.config);
  const model::ArchitectureLock* pins = lock ? lock->find(unit.inputs.architecture) : nullptr;
  if (pins == nullptr) throw_missing(unit, unit.lock);
  const UnitInputs now = inputs_of(plan, made.plan, *pins, made.epoch, tool_version);
  if (now != unit.inputs) {
    throw base::Error(base::FailureKind::verification, k_code,
                      fmt::format("{} is not what was planned: other are {}", unit.id,
                                  differences_between(unit.inputs, now)),
                      k_hint);
  }
  if (outputs_of(plan) != unit.outputs) {
    throw base::Error(base::FailureKind::verification, k_code,
                      fmt::format("{} would publish other files than were planned", unit.id),
                      k_hint);
  }
}

} // namespace

UnitPlan plan_unit(const UnitList& list, const Unit& unit, const UnitSurroundings& surroundings) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(model::config_path_from(unit.config).file, ignored))
    throw_missing(unit, unit.config);
  UnitPlan made{.plan = {.config = unit.config,
                         .architectures = {unit.inputs.architecture},
                         .release = list.release,
                         .repositories = merged(list.repositories, surroundings.repositories),
                         .key_files = surroundings.key_files,
                         .formats = unit.inputs.formats,
                         .release_directories = surroundings.release_directories},
                .epoch = surroundings.epoch ? surroundings.epoch : unit.inputs.epoch};
  try {
    require_same(unit, made, surroundings.tool_version);
  } catch (const base::InputError& error) {
    throw_mistaken(unit, error.diagnostics());
  } catch (const base::Error& error) {
    if (error.kind() != base::FailureKind::input) throw;
    base::Diagnostics mistakes;
    mistakes.add(error.diagnostic());
    throw_mistaken(unit, mistakes);
  }
  return made;
}

} // namespace imagewright::fleet
