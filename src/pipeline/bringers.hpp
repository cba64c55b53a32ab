// SPDX-License-Identifier: MIT
#pragma once

// Who brings what a build had to refuse because the image has not got it.

#include <imagewright/base/error.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// Gives the failure of a build; when it is about a unit or another file that the config names and
/// the image has not, with a hint which package brings it: one that is stored in the image, else
/// one of the repositories. With a fresh lock nobody has looked before.
base::Error with_bringers(const base::Error& failure, const plan::ResolvedPlan& plan,
                          const plan::Services& services);

} // namespace imagewright::pipeline
