// SPDX-License-Identifier: MIT
#pragma once

// What a TPM will hold when one of the finished images has booted.

#include <optional>
#include <vector>

#include <imagewright/audit/measured_boot.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// All images of one build are the same disk. Nothing when none of them is one. That it cannot be
/// told is no failure: the reason is in it. Throws base::Cancelled.
std::optional<audit::MeasuredBoot> measured_boot(const std::vector<model::Artifact>& artifacts,
                                                 const plan::Services& services);

} // namespace imagewright::pipeline
