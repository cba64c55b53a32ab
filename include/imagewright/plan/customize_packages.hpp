// SPDX-License-Identifier: MIT
#pragma once

// What a config makes of the packages of an image that exists.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/model/installed_package.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::plan {

/// Whether the config says anything about packages.
bool asks_for_packages(const model::ImageConfig& config);

/// What goes and what comes, and where that is fetched from.
struct CustomizedPackages {
  std::vector<model::InstalledPackage> kept;   ///< sorted
  std::vector<model::InstalledPackage> erased; ///< sorted; other versions of some may come
  /// What comes.
  model::ArchitectureLock lock;
  std::unique_ptr<PlanRepositories> repositories;
  /// Of what comes; empty where a lock said it.
  resolve::Resolution reasons;

  bool is_empty() const { return erased.empty() && lock.packages.empty(); }
};

/// In sentences: "install …", "update … to …", "remove …".
std::vector<std::string> actions_of(const CustomizedPackages& packages);

/// Asks the resolver; the plan's sources are chosen. A new version of a kernel comes beside the old
/// one. Throws base::InputError (resolve.…, customize.excluded-package) and base::Error.
CustomizedPackages resolve_packages(const CustomizePlan& plan,
                                    std::vector<model::InstalledPackage> installed,
                                    NetworkUse network, const Services& services);

/// The same as a lock says it. Throws base::Error (lock.damaged) where it does not speak of what is
/// installed.
CustomizedPackages locked_packages(const CustomizePlan& plan,
                                   std::vector<model::InstalledPackage> installed,
                                   const lock::BaseLock& lock, NetworkUse network,
                                   const Services& services);

} // namespace imagewright::plan
