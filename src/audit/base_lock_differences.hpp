// SPDX-License-Identifier: MIT
#pragma once

// What differs between locks of which some architectures start from an image.

#include <imagewright/audit/comparison.hpp>
#include <imagewright/lock/base_lock.hpp>

namespace imagewright::audit {

/// As compare_locks(), and which image it was and is, and what of its packages stays and goes.
Comparison compare_locks_with_bases(const lock::LockWithBases& left,
                                    const lock::LockWithBases& right);

} // namespace imagewright::audit
