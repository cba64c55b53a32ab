// SPDX-License-Identifier: MIT
#pragma once

// What a config puts into containerd's store: found, checked, and sure to be seen by the node.

#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::plan {

/// Reads every byte of the images' sources. What is wrong with them, or would hide them from the
/// node, is added to `mistakes` (container.…).
std::vector<model::LockedContainerImage>
examine_container_images(const model::ImageConfig& config, const model::Architecture& architecture,
                         const model::DiskLayout& layout, const model::SystemPolicy& policy,
                         base::Diagnostics& mistakes);

} // namespace imagewright::plan
