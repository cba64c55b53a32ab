// SPDX-License-Identifier: MIT
#pragma once

// The lock file of a config, and whether it still answers what its config asks.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/lock/freshness.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/resolve/request.hpp>

namespace imagewright::plan {

/// What the config keeps out of the image: `exclude`, and `remove`, which means the same for an
/// image that is composed.
std::vector<resolve::Exclude> excludes_of(const BuildPlan& plan);

/// What the config says of weak dependencies, in the word of a lock::LockQuestion.
std::string weak_dependencies_word(const model::PackagesConfig& packages);

/// Everything that a resolution of this plan depends on besides metadata.
lock::LockQuestion lock_question(const BuildPlan& plan);

/// The lock beside the config, when there is one. Throws base::Error (lock.…) when it cannot be
/// read.
std::optional<model::Lock> find_lock(const std::filesystem::path& config);

/// The plan's entry of the lock when it is fresh, else null.
const model::ArchitectureLock* find_fresh(const std::optional<model::Lock>& lock,
                                          const BuildPlan& plan);

/// The plan's entry of a fresh lock. Throws base::Error of FailureKind::verification
/// (pipeline.lock-missing, lock.…).
const model::ArchitectureLock& require_fresh(const std::optional<model::Lock>& lock,
                                             const BuildPlan& plan);

/// The wishes for packages that are stored and not installed, in the order of the config.
std::vector<model::PackageRequest> stored_requests(const BuildPlan& plan);
/// The packages behind them, each once.
std::vector<model::LockedPackage> packages_of(const std::vector<model::StoredPackage>& stored);

} // namespace imagewright::plan
