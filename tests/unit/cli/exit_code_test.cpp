// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cli/exit_code.hpp>

using namespace imagewright;

TEST_CASE("each kind of failure has the exit code that scripts know") {
  using base::FailureKind;
  const auto code = [](FailureKind kind) { return static_cast<int>(cli::exit_code_of(kind)); };
  CHECK(code(FailureKind::build) == 1);
  CHECK(code(FailureKind::input) == 2);
  CHECK(code(FailureKind::unsolvable) == 3);
  CHECK(code(FailureKind::host) == 4);
  CHECK(code(FailureKind::verification) == 5);
}
