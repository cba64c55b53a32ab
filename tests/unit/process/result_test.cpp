// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/process/command.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/process/supervision.hpp>

using namespace imagewright;
using process::CommandResult;

TEST_CASE("last lines are the last ones, without control characters", "[process]") {
  CHECK(process::last_lines("", 3).empty());
  CHECK(process::last_lines("\n\n", 3).empty());
  CHECK(process::last_lines("one", 3) == std::vector<std::string>{"one"});
  CHECK(process::last_lines("one\ntwo\nthree\n", 2) == std::vector<std::string>{"two", "three"});
  CHECK(process::last_lines("one\ntwo\n", 9) == std::vector<std::string>{"one", "two"});
  CHECK(process::last_lines("red \x1b[31m\n", 1) == std::vector<std::string>{"red \\x1b[31m"});
}

TEST_CASE("an output tail keeps exactly the last bytes", "[process]") {
  process::OutputTail tail(base::ByteSize(5));
  tail.append("abc");
  CHECK(tail.text() == "abc");
  tail.append("defg");
  CHECK(tail.text() == "cdefg");
  tail.append("hijklmnop");
  CHECK(tail.text() == "lmnop");
}

TEST_CASE("a failed command tells arguments, end, output and log", "[process]") {
  CommandResult result;
  result.argv = {"/bin/tool", "--name", "two words"};
  result.description = "make the thing";
  result.exit_code = 3;
  result.standard_error = "first\nlast\n";
  result.log_file = "/tmp/thing.log";
  try {
    process::require_success(result);
    FAIL("a failed command passed");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::build);
    CHECK(error.diagnostic().code == "process.command-failed");
    CHECK(error.diagnostic().message == "make the thing failed: exit status 3");
    CHECK(error.diagnostic().context ==
          std::vector<std::string>{"while running: /bin/tool --name \"two words\"",
                                   "while it wrote: first", "while it wrote: last"});
    CHECK(error.diagnostic().hint == "the complete output is in /tmp/thing.log");
  }
}

TEST_CASE("the end of a command is described", "[process]") {
  CommandResult result;
  result.signal = 9;
  CHECK(process::describe_end(result) == "signal 9 (Killed)");
  result.is_timed_out = true;
  result.duration = std::chrono::milliseconds(1500);
  CHECK(process::describe_end(result) == "no end within 1.5 s");
  CHECK_FALSE(result.is_success());
}

TEST_CASE("programs are found on a fixed path, or missing", "[process]") {
  CHECK(process::find_program("sh").has_value());
  CHECK(process::find_program("/bin/sh") == "/bin/sh");
  CHECK_FALSE(process::find_program("no-such-program-anywhere").has_value());
  CHECK_FALSE(process::find_program("").has_value());
  CHECK_FALSE(process::find_program("/etc").has_value());
  try {
    process::program("no-such-program-anywhere");
    FAIL("a missing program was found");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::host);
    CHECK(error.diagnostic().code == "process.missing-tool");
  }
}
