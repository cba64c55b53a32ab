// SPDX-License-Identifier: MIT
#pragma once

// What the release of a foreign image has for this host's own architecture.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

/// The release's plan for this host's architecture, with nothing but one role.
plan::BuildPlan plan_of_role(const plan::PlanOptions& options, const std::string& role);

/// The packages of one role with what they need, in the versions of the image where there are such.
class NativePackages {
public:
  /// Asks the resolver; the lock of the plan has no packages when the release gives the role none.
  /// Borrows everything.
  NativePackages(const plan::ResolvedPlan& image, const BuildOptions& options,
                 const std::string& role, const plan::Services& services);

  const plan::ResolvedPlan& plan() const { return plan_; }
  /// Fetches some of the lock's packages, and the keys that count for them.
  FetchedPackages fetch(const std::vector<model::LockedPackage>& packages);

private:
  plan::ResolvedPlan plan_;
  plan::PlanRepositories repositories_;
};

/// Why there is nothing of the kind, when that is what the work's failure means; nothing when it
/// did not fail. Every other failure is thrown.
std::optional<std::string> find_absence(const std::function<void()>& work);

} // namespace imagewright::pipeline
