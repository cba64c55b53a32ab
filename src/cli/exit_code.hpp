// SPDX-License-Identifier: MIT
#pragma once

// Exit codes: other people's scripts depend on them.

#include <imagewright/base/error.hpp>

namespace imagewright::cli {

enum class ExitCode : int {
  done = 0,
  build_failed = 1,
  wrong_input = 2,
  unsolvable = 3,
  host_cannot = 4,
  verification_failed = 5,
  bug = 70,
  interrupted = 130,
};

ExitCode exit_code_of(base::FailureKind kind);

} // namespace imagewright::cli
