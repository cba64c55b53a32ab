// SPDX-License-Identifier: MIT
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>

#include <imagewright/report/recording_reporter.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/report/stage_timings.hpp>

#include "stream_fixture.hpp"

using namespace imagewright;
using namespace std::chrono_literals;
using report::StageOutcome;

TEST_CASE("a stage scope reports its start, its progress and its summary") {
  report::RecordingReporter recorder;
  {
    report::StageScope scope(recorder, "install", "2 packages");
    scope.progress({.items_done = 1, .items_total = 2});
    scope.set_summary("all well");
  }
  CHECK(recorder.events() ==
        std::vector<report::Event>{
            report::StageStarted{"install", "2 packages"},
            report::StageProgress{"install", {.items_done = 1, .items_total = 2}},
            report::StageFinished{"install", StageOutcome::done, "all well"}});
}

TEST_CASE("a stage that an exception leaves has failed") {
  report::RecordingReporter recorder;
  CHECK_THROWS_AS(
      [&] {
        const report::StageScope scope(recorder, "install");
        throw std::runtime_error("no");
      }(),
      std::runtime_error);
  CHECK(recorder.events().back() ==
        report::Event(report::StageFinished{"install", StageOutcome::failed, ""}));
}

TEST_CASE("a recording can be replayed") {
  report::RecordingReporter first;
  first.stage_started("disk", "");
  first.message(report::Level::debug, "detail");
  first.warning({.code = "disk.test", .message = "careful"});
  first.stage_finished("disk", StageOutcome::done, "");
  report::RecordingReporter second;
  first.replay(second);
  CHECK(second.events() == first.events());
}

TEST_CASE("stage timings keep order, depth, duration and outcome, and pass everything on") {
  report_test::ManualClock clock;
  report::RecordingReporter recorder;
  report::StageTimings timings(recorder, clock);
  timings.stage_started("build", "node");
  clock.advance(1s);
  timings.stage_started("install", "");
  clock.advance(2s);
  timings.stage_finished("install", StageOutcome::done, "135 packages");
  clock.advance(1s);
  timings.stage_started("disk", "");
  timings.stage_finished("build", StageOutcome::failed, "");
  timings.warning({.code = "a.b", .message = "careful"});

  const auto stages = timings.timings();
  REQUIRE(stages.size() == 2);
  CHECK(stages[0] == report::StageTiming{"build", "node", "", 0, 0s, 4s, StageOutcome::failed});
  CHECK(stages[1] ==
        report::StageTiming{"install", "", "135 packages", 1, 1s, 2s, StageOutcome::done});
  REQUIRE(timings.warnings().size() == 1);
  CHECK(timings.warnings().front().code == "a.b");
  CHECK(recorder.events().size() == 6);
}

TEST_CASE("who waits is told how long it took the last time") {
  report_test::ManualClock clock;
  report::RecordingReporter recorder;
  report::StageTimings timings(recorder, clock);
  timings.expect({{"initramfs", 12400ms}, {"tree", 20ms}});
  timings.stage_started("initramfs", "6.1.0");
  clock.advance(2s);
  timings.stage_finished("initramfs", StageOutcome::done, "");
  timings.stage_started("initramfs", "");
  clock.advance(3s);
  timings.stage_finished("initramfs", StageOutcome::done, "");
  timings.stage_started("tree", "");
  timings.stage_finished("tree", StageOutcome::failed, "");
  CHECK(recorder.events()[0] ==
        report::Event(report::StageStarted{"initramfs", "6.1.0, took 12.4 s the last time"}));
  CHECK(recorder.events()[2] ==
        report::Event(report::StageStarted{"initramfs", "took 12.4 s the last time"}));
  CHECK(recorder.events()[4] == report::Event(report::StageStarted{"tree", ""}));
  // A report tells of one run.
  CHECK(timings.timings().front().detail == "6.1.0");
  CHECK(timings.durations() == report::StageDurations{{"initramfs", 3s}});
}

TEST_CASE("an end without a start changes nothing") {
  report_test::ManualClock clock;
  report::NullReporter null;
  report::StageTimings timings(null, clock);
  timings.stage_finished("install", StageOutcome::done, "");
  CHECK(timings.timings().empty());
}

TEST_CASE("events from several threads are all kept") {
  report::RecordingReporter recorder;
  constexpr int k_each = 500;
  const auto speak = [&] {
    for (int count = 0; count < k_each; ++count)
      recorder.message(report::Level::info, "x");
  };
  std::thread first(speak);
  std::thread second(speak);
  first.join();
  second.join();
  CHECK(recorder.events().size() == 2 * k_each);
}

TEST_CASE("the monotonic clock never runs backwards") {
  const report::MonotonicClock clock;
  const auto first = clock.now();
  CHECK(clock.now() >= first);
}
