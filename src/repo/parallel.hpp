// SPDX-License-Identifier: MIT
#pragma once

// Independent work on all processors.

#include <cstddef>
#include <functional>

namespace imagewright::repo {

/// Calls work(0) … work(count - 1), in any order, from several threads that are gone when it
/// returns. The first exception ends it and is thrown again.
void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

} // namespace imagewright::repo
