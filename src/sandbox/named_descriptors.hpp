// SPDX-License-Identifier: MIT
#pragma once

// Names for the descriptors of a worker, for libraries that open what they read by its name.

#include <span>
#include <string_view>

#include "filter_program.hpp"

namespace imagewright::sandbox {

/// From now on calls that name a file, when the filter has them (see trap_names), are answered by
/// this process itself: the first of the names stands for the descriptor `first`, the next for the
/// one after it. They can be opened for reading and examined; no other name exists. `names` must
/// live as long as the process.
void give_names(std::span<const std::string_view> names, int first);

/// Calls that name a file come to give_names' answers.
void trap_names(FilterProgram& filter);

} // namespace imagewright::sandbox
