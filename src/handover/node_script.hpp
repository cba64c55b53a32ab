// SPDX-License-Identifier: MIT
#pragma once

// What of a config a script can do on a node that exists.

#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/lock.hpp>

namespace imagewright::handover {

/// For bash, run as root on a node of the same distribution; empty where there is nothing to do.
/// What it cannot do becomes a warning.
std::string node_script(const model::ImageConfig& config, const model::ArchitectureLock& lock,
                        base::Diagnostics& left_out);

} // namespace imagewright::handover
