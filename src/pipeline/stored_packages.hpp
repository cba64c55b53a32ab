// SPDX-License-Identifier: MIT
#pragma once

// Packages that lie in an image as files.

#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// Fetches what the lock says is stored, verifies it as what is installed is verified, and makes it
/// the content of the plan's files. Throws what downloads and verifications throw.
void fetch_stored_packages(plan::ResolvedPlan& plan, plan::NetworkUse network,
                           const plan::Services& services);

} // namespace imagewright::pipeline
