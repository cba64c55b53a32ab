// SPDX-License-Identifier: MIT
#pragma once

// The version of systemd that a release promises.

#include <imagewright/model/release_profile.hpp>

namespace imagewright::policy {

/// The baseline's entry for systemd, under its own name or its role's; null when the release does
/// not say.
const model::BaselineEntry* systemd_baseline(const model::ReleaseProfile& release);

} // namespace imagewright::policy
