// SPDX-License-Identifier: MIT
#pragma once

// Test programs start themselves anew as workers, as the program does.

#include <optional>

namespace imagewright_test {

/// Main calls it first, where a test program defines it: with sandbox::run_worker_if_asked and the
/// jobs that its tests reach. A program without it has no workers.
__attribute__((weak)) std::optional<int> run_worker_if_asked(int argument_count, char** arguments);

} // namespace imagewright_test
