// SPDX-License-Identifier: MIT
#include "exit_code.hpp"

namespace imagewright::cli {

ExitCode exit_code_of(base::FailureKind kind) {
  switch (kind) {
  case base::FailureKind::build:
    return ExitCode::build_failed;
  case base::FailureKind::input:
    return ExitCode::wrong_input;
  case base::FailureKind::unsolvable:
    return ExitCode::unsolvable;
  case base::FailureKind::host:
    return ExitCode::host_cannot;
  case base::FailureKind::verification:
    return ExitCode::verification_failed;
  }
  throw base::BugError("unknown kind of failure");
}

} // namespace imagewright::cli
