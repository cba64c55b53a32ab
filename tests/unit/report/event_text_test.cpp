// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "report/event_text.hpp"

using namespace imagewright;
using namespace std::chrono_literals;

TEST_CASE("a duration is shown in the unit that suits it") {
  CHECK(report::duration_text(320ms) == "320 ms");
  CHECK(report::duration_text(3240ms) == "3.2 s");
  CHECK(report::duration_text(125s) == "2 min 5 s");
}

TEST_CASE("progress names only what is known") {
  CHECK(report::progress_text({}).empty());
  CHECK(report::progress_text({.items_done = 57,
                               .items_total = 135,
                               .bytes_done = base::ByteSize::mib(48),
                               .bytes_total = base::ByteSize::mib(107),
                               .current = "bash"}) == "57/135, 48 MiB of 107 MiB, bash");
  CHECK(report::progress_text({.items_done = 3, .bytes_done = base::ByteSize::kib(1)}) ==
        "3, 1 KiB");
}

TEST_CASE("the fraction prefers bytes and never passes one") {
  CHECK(report::fraction_of({}) < 0.0);
  CHECK(report::fraction_of({.items_done = 1, .items_total = 4}) == Approx(0.25));
  CHECK(report::fraction_of({.items_done = 1,
                             .items_total = 4,
                             .bytes_done = base::ByteSize(3),
                             .bytes_total = base::ByteSize(2)}) == Approx(1.0));
  CHECK(report::fraction_of({.items_done = 0, .items_total = 0}) < 0.0);
}

TEST_CASE("the end of a stage tells outcome, duration and summary") {
  CHECK(report::finished_text("install", report::StageOutcome::done, "135 packages", 3200ms) ==
        "install: done in 3.2 s (135 packages)");
  CHECK(report::finished_text("install", report::StageOutcome::failed, "", 1s) ==
        "install: failed after 1.0 s");
}

TEST_CASE("a message cannot steer the terminal") {
  const std::string text =
      report::message_text(report::Level::error, "bad\x1b[2Jnews\nsecond", base::Color::off);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.substr(0, 10) == "error: bad");
  CHECK(text.find("\nsecond") != std::string::npos);
}

TEST_CASE("levels are known by their words") {
  for (const report::Level level :
       {report::Level::debug, report::Level::info, report::Level::warning, report::Level::error}) {
    CHECK(report::find_level(report::to_string(level)) == level);
  }
  CHECK_FALSE(report::find_level("loud").has_value());
}
