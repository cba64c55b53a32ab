// SPDX-License-Identifier: MIT
#pragma once

// What of a config has no place on a node whose image somebody else makes.

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>

namespace imagewright::handover {

/// One warning for each setting, at its place in the config.
base::Diagnostics without_place(const model::ImageConfig& config);

} // namespace imagewright::handover
