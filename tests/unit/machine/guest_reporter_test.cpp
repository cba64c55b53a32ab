// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/report/recording_reporter.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "machine/console.hpp"
#include "machine/guest_reporter.hpp"

using namespace imagewright;

TEST_CASE("what is reported inside is reported outside") {
  process::Pipe console = process::make_pipe();
  {
    machine::GuestReporter inside(console.write_end.get());
    inside.stage_started("install", "159 packages");
    inside.progress("install", {.items_done = 3, .items_total = 9, .current = "libc6"});
    inside.message(report::Level::info, "a word");
    base::Diagnostic warning{.code = "install.x", .message = "careful"};
    inside.warning(warning);
    inside.stage_finished("install", report::StageOutcome::done, "all of them");
  }
  console.write_end.reset();
  report::RecordingReporter outside;
  machine::ConsoleReader reader(
      [&](const std::string& message) { CHECK_FALSE(machine::relay(message, outside)); });
  char byte = 0;
  while (::read(console.read_end.get(), &byte, 1) == 1)
    reader.take(std::string_view(&byte, 1));
  using report::Event;
  report::Progress progress{.items_done = 3, .items_total = 9, .current = "libc6"};
  const std::vector<Event> expected{
      report::StageStarted{"install", "159 packages"}, report::StageProgress{"install", progress},
      report::Message{report::Level::info, "a word"},
      base::Diagnostic{.code = "install.x", .message = "careful"},
      report::StageFinished{"install", report::StageOutcome::done, "all of them"}};
  CHECK(outside.events() == expected);
}

TEST_CASE("the end of the work is told with its status") {
  report::NullReporter silent;
  const std::string message = sandbox::ByteWriter()
                                  .number(static_cast<std::uint64_t>(machine::MessageKind::ended))
                                  .number(9)
                                  .take();
  CHECK(machine::relay(message, silent) == 9);
}

TEST_CASE("a machine that lies steers no terminal, and what is no message is told as that") {
  report::RecordingReporter outside;
  const auto kind = static_cast<std::uint64_t>(machine::MessageKind::stage_started);
  machine::relay(sandbox::ByteWriter().number(kind).text("a\x1b[31m").text("b").take(), outside);
  REQUIRE(outside.events().size() == 1);
  CHECK(std::get<report::StageStarted>(outside.events().front()).stage.find('\x1b') ==
        std::string::npos);
  CHECK_THROWS_AS(machine::relay(sandbox::ByteWriter().number(kind).number(99).take(), outside),
                  base::BugError);
}
