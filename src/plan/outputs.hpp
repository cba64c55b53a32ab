// SPDX-License-Identifier: MIT
#pragma once

// Which files a plan writes.

#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// Those of the command line, else of the config, else one qcow2; notes names that clash.
std::vector<model::OutputImage> outputs_of(const model::ImageConfig& config,
                                           const std::vector<model::ImageFormat>& formats,
                                           base::Diagnostics& mistakes);

/// One file holds one image.
void check_output_path(const PlannedBuild& planned, base::Diagnostics& mistakes);

} // namespace imagewright::plan
