// SPDX-License-Identifier: MIT
#pragma once

// Writes lock files, and says what changed in them.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::plan {

enum class LockAction : std::uint8_t {
  write, ///< resolve and write, keeping pins
  check, ///< only look whether the lock is fresh
};

struct LockOptions {
  PlanOptions plan;
  NetworkUse network = NetworkUse::allowed;
  LockAction action = LockAction::write;
  /// Packages (globs over names) whose pins may move; absent: no pin moves that can stay; empty:
  /// all move.
  std::optional<std::vector<std::string>> updated;
  /// Nothing that was published later is used, in place of what the config says.
  std::optional<base::Epoch> snapshot = {};
};

/// What a lock run found or did.
struct LockSummary {
  std::filesystem::path path;
  std::size_t package_count = 0;
  /// One line each, first keys, then packages, sorted: "+ name-evr.arch", "- name-evr.arch",
  /// "  name.arch: old-evr → new-evr". With "!" what changed behind an unchanged name: the key of a
  /// repository, the content of a version.
  std::vector<std::string> changes;
  bool is_written = false;
};

/// What of one entry is another than before, as LockSummary has it. `before` may be null: nothing
/// was locked.
std::vector<std::string> changes_between(const model::ArchitectureLock* before,
                                         const model::ArchitectureLock& after);

/// Throws base::Error: lock.…, FailureKind::verification, when LockAction::check finds a missing or
/// stale lock; lock.unknown-package when `updated` names a package that there is not.
LockSummary update_lock(const LockOptions& options, const Services& services);

} // namespace imagewright::plan
