// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/report/factory.hpp>

#include "stream_fixture.hpp"

using namespace imagewright;

TEST_CASE("the log file holds what the screen leaves out") {
  const imagewright_test::ScratchDirectory scratch;
  report_test::ManualClock clock;
  report_test::PipeStream stream;
  const auto reporter = report::make_reporter({.mode = report::ProgressMode::none,
                                               .level = report::Level::warning,
                                               .fd = stream.writer(),
                                               .log_file = scratch / "build.log"},
                                              clock);
  reporter->stage_started("install", "135 packages");
  reporter->message(report::Level::debug, "a detail");
  reporter->message(report::Level::error, "a failure");
  CHECK(stream.text() == "error: a failure\n");
  const std::string log = imagewright_test::read_text(scratch / "build.log");
  CHECK(log.find("install: 135 packages") != std::string::npos);
  CHECK(log.find("debug a detail") != std::string::npos);
  CHECK(log.find("error a failure") != std::string::npos);
}

TEST_CASE("a log file that cannot be written is an error with a code") {
  const imagewright_test::ScratchDirectory scratch;
  const auto file = scratch.write("file", "");
  report_test::ManualClock clock;
  try {
    (void)report::make_reporter({.log_file = file / "below-a-file.log"}, clock);
    FAIL("no error was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "report.cannot-write-log");
  }
}
