// SPDX-License-Identifier: MIT
#pragma once

// Rich dependencies taken apart.

#include <vector>

#include "libsolv_types.hpp"

namespace imagewright::resolve {

/// The plain dependencies (a name, perhaps with a version) that can meet a dependency: itself when
/// it is plain; for
/// "(a and b)" and "(a or b)" both sides; for "(a if b)" and "(a unless b)" the left side and that
/// after "else".
std::vector<Id> plain_dependencies(Pool* pool, Id dependency);

/// Every plain dependency that a dependency speaks of, also in its conditions: what has to be known
/// before it can be said whether it is met.
std::vector<Id> mentioned_dependencies(Pool* pool, Id dependency);

} // namespace imagewright::resolve
