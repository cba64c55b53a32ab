// SPDX-License-Identifier: MIT
#pragma once

// What every text about a release begins with.

#include <string>

#include <imagewright/fleet/collect.hpp>

namespace imagewright::fleet {

/// "11 of 12 units done, 1 failed"
std::string headline(const Collection& collection);

} // namespace imagewright::fleet
