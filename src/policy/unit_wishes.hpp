// SPDX-License-Identifier: MIT
#pragma once

// What a config itself says about units.

#include <string>

#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

/// Does the config enable, disable or mask the unit? Then nobody else has a say.
bool is_decided_by_config(const PolicyInput& input, const std::string& unit);

} // namespace imagewright::policy
