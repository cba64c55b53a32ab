// SPDX-License-Identifier: MIT
#pragma once

// Leaving a test case out, audibly.

#include <string>

namespace imagewright_test {

/// Prints why; fails the test when the environment variable CI is set, since there everything must
/// be present.
void note_skipped(const std::string& reason);

} // namespace imagewright_test

/// Leaves the running test case with a printed reason.
#define IMAGEWRIGHT_SKIP(reason)                                                                   \
  do {                                                                                             \
    ::imagewright_test::note_skipped(reason);                                                      \
    return;                                                                                        \
  } while (false)
