// SPDX-License-Identifier: MIT
#pragma once

// Which platform the images of a build are for.

#include <optional>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/model/release_profile.hpp>

namespace imagewright::plan {

/// What each output says, else what its format stands for. All outputs of a build hold the same
/// root: platforms that the release tells apart are a mistake (pipeline.platforms-differ), as is
/// one that it does not know (policy.unknown-platform).
std::optional<model::Platform> platform_of(const std::vector<model::OutputImage>& outputs,
                                           const model::ReleaseProfile& release,
                                           base::Diagnostics& mistakes);

} // namespace imagewright::plan
