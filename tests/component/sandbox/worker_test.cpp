// SPDX-License-Identifier: MIT
#include <chrono>
#include <limits>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "test_root.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using imagewright_test::ScratchDirectory;

namespace {

std::string run(const sandbox::WorkerRequest& request) {
  const base::Cancellation cancellation;
  return sandbox::run_in_worker(request, cancellation);
}

sandbox::WorkerRequest of(std::string_view job, std::string request = {}) {
  return {.job = job, .subject = "the test's data", .request = std::move(request)};
}

/// Code and message.
std::string failure_of(const sandbox::WorkerRequest& request) {
  try {
    run(request);
  } catch (const base::Error& error) {
    return error.diagnostic().code + ": " + error.diagnostic().message;
  }
  return "nothing was thrown";
}

} // namespace

TEST_CASE("a worker reads what it was given and gives its answer", "[sandbox][worker]") {
  const ScratchDirectory scratch;
  const fs::UniqueFd file(::open(scratch.write("data", "\x01\x02\x03").c_str(), O_RDONLY));
  sandbox::WorkerRequest request = of("sum-of-file", std::string(100000, 'r'));
  request.descriptors = {file.get()};
  CHECK(run(request) == "6" + std::string(100000, 'r'));
}

TEST_CASE("a worker knows nothing of its caller", "[sandbox][worker]") {
  ::setenv("IMAGEWRIGHT_TEST_SECRET", "leaked-marker", 1);
  const std::string text = run(of("tell-origin"));
  CHECK_THAT(text, !Contains("leaked-marker") && Contains(" closed"));
}

// AddressSanitizer needs what these workers must not have: threads and files of its own, a handler
// of signals, and address space without end.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a worker that was taken over has nowhere to go", "[sandbox][worker]") {
  const ScratchDirectory scratch;
  const fs::UniqueFd file(::open(scratch.write("data", "x").c_str(), O_RDONLY));
  sandbox::WorkerRequest request = of("break-out");
  request.descriptors = {file.get()};
  CHECK(run(request) == " threads");
}

TEST_CASE("a worker that dies is an error with a name", "[sandbox][worker]") {
  CHECK(failure_of(of("die", "11")) == "sandbox.worker-died: the worker that reads the test's data "
                                       "ended with signal 11 (Segmentation fault)");
  CHECK_THAT(failure_of(of("die", "6")), Contains("signal 6 (Aborted)"));
  CHECK_THAT(failure_of(of("exit-early")),
             Contains("sandbox.worker-died") && Contains("exit status 3"));
}

TEST_CASE("a worker has limits of memory and time", "[sandbox][worker]") {
  sandbox::WorkerRequest hungry = of("take-memory");
  hungry.limits.memory = base::ByteSize::mib(64);
  CHECK_THAT(failure_of(hungry), Contains("sandbox.worker-memory"));
  sandbox::WorkerRequest slow = of("take-time");
  slow.limits.time = std::chrono::milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  CHECK(failure_of(slow) ==
        "sandbox.worker-timeout: the worker that reads the test's data did not end within 0.3 s");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
#endif

TEST_CASE("what a job throws comes out of its worker", "[sandbox][worker]") {
  CHECK(failure_of(of("throw-error")) == "test.some-code: message");
}

TEST_CASE("a worker that was taken over can answer nothing but an error", "[sandbox][worker]") {
  const std::string beginning = "sandbox.worker-answer: the worker that reads the test's data gave "
                                "no answer: ";
  CHECK(failure_of(of("throw-cancelled")) == beginning + "it stopped by itself");
  CHECK(failure_of(of("throw-foreign")) == beginning + "odd");
  CHECK_THAT(failure_of(of("no-such-job")), Contains(beginning));
  for (const char* forgery : {"kind", "severity", "cut-off", "no-memory", "empty"}) {
    INFO(forgery);
    CHECK_THAT(failure_of(of("forge-failure", forgery)), Contains(beginning));
  }
  const base::Cancellation cancellation;
  CHECK_THROWS_WITH(sandbox::ask_worker(of("tell-prepared"), cancellation,
                                        [](std::string_view answer) {
                                          return sandbox::ByteReader(answer.substr(0, 4)).text();
                                        }),
                    Contains("sandbox.worker-answer"));
}

TEST_CASE("an error points at no line of a file that its worker was not given",
          "[sandbox][worker]") {
  const auto lines_of = [](const std::string& request) {
    try {
      run(of("forge-failure", request));
    } catch (const base::Error& error) {
      const base::Diagnostic& told = error.diagnostic();
      REQUIRE(told.code == "test.place");
      return std::vector<std::uint32_t>{told.where->line, told.related.at(0).where.line};
    }
    return std::vector<std::uint32_t>();
  };
  CHECK(lines_of("place") == std::vector<std::uint32_t>{0, 0});
  CHECK(lines_of("/etc/shadow") == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a worker that speaks on and on is not listened to", "[sandbox][worker]") {
  for (const char* way : {"empty-parts", "messages", "odd-records"}) {
    INFO(way);
    const auto start = std::chrono::steady_clock::now();
    CHECK_THAT(failure_of(of("speak-on", way)), Contains("sandbox.worker-answer"));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_CASE("a worker that closes its channel and lives on has its time like others",
          "[sandbox][worker]") {
  sandbox::WorkerRequest silent = of("fall-silent");
  silent.limits.time = std::chrono::milliseconds(300);
  CHECK_THAT(failure_of(silent), Contains("sandbox.worker-timeout"));
}

TEST_CASE("what is thrown about a size while an answer is decoded is no answer",
          "[sandbox][worker]") {
  const base::Cancellation cancellation;
  const auto decode_with = [&](auto decode) {
    try {
      sandbox::ask_worker(of("tell-prepared"), cancellation, decode);
    } catch (const base::Error& error) {
      return error.diagnostic().code;
    }
    return std::string("nothing was thrown");
  };
  const auto huge = std::numeric_limits<std::size_t>::max();
  CHECK(decode_with([&](std::string_view) { std::vector<int>().reserve(huge); }) ==
        "sandbox.worker-answer");
  CHECK(decode_with([](std::string_view answer) { (void)answer.substr(1000); }) ==
        "sandbox.worker-answer");
}

TEST_CASE("a job may prepare itself before it is confined", "[sandbox][worker]") {
  CHECK(run(of("tell-prepared")) == "prepared");
}

TEST_CASE("a wish to stop ends a worker", "[sandbox][worker]") {
  base::Cancellation cancellation;
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancellation.request();
  });
  CHECK_THROWS_AS(sandbox::run_in_worker(of("take-time"), cancellation), base::Cancelled);
  canceller.join();
}

TEST_CASE("workers run side by side, started by threads", "[sandbox][worker]") {
  std::vector<std::string> answers(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& answer : answers)
      threads.emplace_back([&answer] { answer = run(of("tell-prepared")); });
  }
  CHECK(answers == std::vector<std::string>(8, "prepared"));
}
