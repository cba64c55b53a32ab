// SPDX-License-Identifier: MIT
#include <csignal>

#include <catch2/catch.hpp>

#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/report/factory.hpp>

#include "stream_fixture.hpp"

using namespace imagewright;
using namespace std::chrono_literals;
using report::ProgressMode;
using report::StageOutcome;
using report_test::ManualClock;
using report_test::PipeStream;
using report_test::PseudoTerminal;

namespace {

constexpr std::string_view k_erase = "\r\x1b[K";

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

} // namespace

TEST_CASE("plain lines tell stages, and progress only now and then") {
  ManualClock clock;
  PipeStream stream;
  const auto reporter =
      report::make_reporter({.mode = ProgressMode::plain, .fd = stream.writer()}, clock);
  reporter->stage_started("install", "135 packages");
  reporter->progress("install", {.items_done = 1, .items_total = 135});
  clock.advance(11s);
  reporter->progress("install", {.items_done = 70, .items_total = 135, .current = "bash"});
  reporter->progress("install", {.items_done = 71, .items_total = 135});
  reporter->message(report::Level::debug, "not shown");
  reporter->stage_finished("install", StageOutcome::done, "");
  CHECK(stream.text() == "install: 135 packages\n"
                         "install: 70/135, bash, after 11.0 s\n"
                         "install: done in 11.0 s\n");
}

TEST_CASE("without progress only messages and warnings remain") {
  ManualClock clock;
  PipeStream stream;
  const auto reporter =
      report::make_reporter({.mode = ProgressMode::none, .fd = stream.writer()}, clock);
  reporter->stage_started("install", "");
  clock.advance(1min);
  reporter->progress("install", {.items_done = 1});
  reporter->warning({.severity = base::Severity::warning, .code = "a.b", .message = "careful"});
  reporter->stage_finished("install", StageOutcome::done, "");
  const std::string text = stream.text();
  CHECK(text.find("install") == std::string::npos);
  CHECK(text.find("careful") != std::string::npos);
}

TEST_CASE("a stream that is no terminal never gets a live line") {
  ManualClock clock;
  PipeStream stream;
  const auto mode = GENERATE(ProgressMode::automatic, ProgressMode::terminal);
  const auto reporter = report::make_reporter({.mode = mode, .fd = stream.writer()}, clock);
  reporter->stage_started("install", "");
  reporter->progress("install", {.items_done = 1, .items_total = 2});
  const std::string text = stream.text();
  CHECK_FALSE(text.empty());
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a terminal gets a live line that is redrawn at most ten times a second") {
  ManualClock clock;
  PseudoTerminal terminal(60);
  REQUIRE(terminal.writer() >= 0);
  const auto reporter = report::make_reporter({.fd = terminal.writer()}, clock);
  reporter->stage_started("install", "135 packages");
  for (std::uint64_t item = 0; item < 100; ++item) {
    clock.advance(1ms);
    reporter->progress("install", {.items_done = item, .items_total = 100, .current = "bash"});
  }
  const std::string live = terminal.text();
  CHECK(count_of(live, k_erase) == 2);
  CHECK(live.find("99/100") != std::string::npos);
}

TEST_CASE("messages and finished stages stay above the live line") {
  ManualClock clock;
  PseudoTerminal terminal(60);
  REQUIRE(terminal.writer() >= 0);
  const auto reporter = report::make_reporter({.fd = terminal.writer()}, clock);
  reporter->stage_started("build", "node");
  reporter->stage_started("install", "");
  reporter->message(report::Level::info, "note");
  reporter->stage_finished("install", StageOutcome::done, "2 packages");
  reporter->stage_finished("build", StageOutcome::failed, "");
  const std::string text = terminal.text();
  // The terminal turns each newline into carriage return and newline.
  CHECK(text.find(std::string(k_erase) + "note\r\n") != std::string::npos);
  CHECK(text.find(std::string(k_erase) + "  ok install: done in 0 ms (2 packages)\r\n") !=
        std::string::npos);
  CHECK(text.find(std::string(k_erase) + "failed build: failed after 0 ms\r\n") !=
        std::string::npos);
  CHECK(text.substr(text.size() - 2) == "\r\n");
}

TEST_CASE("an unfinished live line is erased at the end") {
  ManualClock clock;
  PseudoTerminal terminal(60);
  REQUIRE(terminal.writer() >= 0);
  {
    const auto reporter = report::make_reporter({.fd = terminal.writer()}, clock);
    reporter->stage_started("install", "");
  }
  const std::string text = terminal.text();
  REQUIRE(text.size() > k_erase.size());
  CHECK(text.substr(text.size() - k_erase.size()) == k_erase);
}

TEST_CASE("every line of the JSON stream is an object that names its event") {
  ManualClock clock;
  PipeStream stream;
  const auto reporter =
      report::make_reporter({.mode = ProgressMode::json, .fd = stream.writer()}, clock);
  reporter->stage_started("install", "two \"packages\"");
  reporter->progress("install", {.items_done = 1, .items_total = 2, .current = "bash"});
  reporter->progress("install", {.items_done = 1, .items_total = 2, .current = "lost"});
  reporter->progress("install", {.items_done = 2, .items_total = 2});
  reporter->message(report::Level::info, "note");
  reporter->warning({.code = "a.b",
                     .message = "careful",
                     .where = base::SourceLocation{"node.yaml", 12, 5},
                     .hint = "do that"});
  clock.advance(1500ms);
  reporter->stage_finished("install", StageOutcome::done, "");

  std::vector<std::string> events;
  std::vector<json::Value> values;
  for (const std::string& line : base::split(base::trimmed(stream.text()), '\n')) {
    values.push_back(json::parse(line, "stderr"));
    events.push_back(json::string_member(values.back(), "event", "event"));
  }
  REQUIRE(events == std::vector<std::string>{"stage-started", "progress", "progress", "message",
                                             "warning", "stage-finished"});
  CHECK(json::unsigned_member(json::member(values[1], "items", "event"), "done", "items") == 1);
  CHECK(json::unsigned_member(values[4], "line", "event") == 12);
  CHECK(values[5].find("duration")->storage() == json::Value(1.5).storage());
}

TEST_CASE("a reader that is gone does not end the work") {
  std::signal(SIGPIPE, SIG_IGN);
  ManualClock clock;
  PipeStream stream;
  const auto reporter =
      report::make_reporter({.mode = ProgressMode::plain, .fd = stream.writer()}, clock);
  stream.close_reader();
  reporter->stage_started("install", "");
  reporter->message(report::Level::error, "nobody reads this");
  SUCCEED("both calls returned");
}

TEST_CASE("progress modes are known by the words of the command line") {
  CHECK(report::find_progress_mode("auto") == ProgressMode::automatic);
  CHECK(report::find_progress_mode("plain") == ProgressMode::plain);
  CHECK(report::find_progress_mode("json") == ProgressMode::json);
  CHECK(report::find_progress_mode("none") == ProgressMode::none);
  CHECK_FALSE(report::find_progress_mode("terminal").has_value());
}
