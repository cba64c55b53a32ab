// SPDX-License-Identifier: MIT
#pragma once

// A fleet becomes units, and a unit is looked at again where it is built.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/fleet/fleet_file.hpp>
#include <imagewright/fleet/unit.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::fleet {

struct MatrixRequest {
  Fleet fleet;
  Shard shard;
  /// Release, repositories and where profiles are; architectures, where the fleet has its own,
  /// narrow it down.
  plan::PlanOptions plan;
  std::optional<base::Epoch> epoch;
  /// Architectures that machines of the fleet have; others are emulated.
  std::vector<std::string> native_architectures;
  /// Where earlier builds published, each unit in a directory of its id; empty: nowhere.
  std::filesystem::path reports;
  std::string tool_version;
};

/// Plans every unit; nothing is fetched. Throws base::InputError with every mistake of every
/// config, also of FailureKind::verification (pipeline.lock-missing, lock.…), and base::Error
/// (fleet.same-id, fleet.idle-exclusion, fleet.no-units).
UnitList make_units(const MatrixRequest& request);

/// What one unit is built with.
struct UnitPlan {
  plan::PlanOptions plan;
  std::optional<base::Epoch> epoch;
};

/// What is the same for every unit where it is built.
struct UnitSurroundings {
  std::vector<plan::RepositoryOverride> repositories; ///< in place of those of the list
  std::vector<std::filesystem::path> key_files;
  std::vector<std::filesystem::path> release_directories;
  std::optional<base::Epoch> epoch; ///< absent: the list's
  std::string tool_version;
};

/// Digests everything again that decides the bytes. Throws base::Error (fleet.changed-inputs, a
/// verification failure) when it is not what was planned.
UnitPlan plan_unit(const UnitList& list, const Unit& unit, const UnitSurroundings& surroundings);

} // namespace imagewright::fleet
