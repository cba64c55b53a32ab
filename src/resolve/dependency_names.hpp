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

} // namespace imagewright::resolve
