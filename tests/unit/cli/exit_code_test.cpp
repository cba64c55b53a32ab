// SPDX-License-Identifier: MIT
#include <new>
#include <system_error>

#include <catch2/catch.hpp>
#include <cli/exit_code.hpp>
#include <cli/guarded.hpp>

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

TEST_CASE("what a failure comes to is said once, for the process and for a unit's record") {
  const auto code = [](const std::exception& exception) {
    return static_cast<int>(cli::ending_of(exception).code);
  };
  CHECK(code(base::Error(base::FailureKind::unsolvable, "a.b", "x")) == 3);
  CHECK(code(base::InputError({}, base::FailureKind::verification)) == 5);
  CHECK(code(base::Cancelled()) == 130);
  CHECK(code(std::system_error(std::make_error_code(std::errc::permission_denied))) == 4);
  CHECK(code(std::bad_alloc()) == 4);
  CHECK(code(base::BugError("x")) == 70);
  CHECK(cli::ending_of(std::bad_alloc()).diagnostics.items().at(0).code == "cli.host-refuses");
  CHECK(cli::ending_of(base::Cancelled()).diagnostics.empty());
}
