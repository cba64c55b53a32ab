// SPDX-License-Identifier: MIT
#include <chrono>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/process/attached_process.hpp>

using namespace imagewright;
using process::AttachedProcess;
using process::Attachment;

TEST_CASE("an attached program's end is its exit code, or 128 and its signal") {
  const base::Cancellation cancellation;
  CHECK(AttachedProcess({"sh", "-c", "exit 7"}, Attachment::silent).wait(cancellation) == 7);
  CHECK(AttachedProcess({"sh", "-c", "kill -9 $$"}, Attachment::silent).wait(cancellation) == 137);
  CHECK(AttachedProcess({"true"}, Attachment::terminal).wait(cancellation) == 0);
}

TEST_CASE("a program that runs on is waited for as long as one wants, and ends with its owner") {
  AttachedProcess program({"sleep", "1000"}, Attachment::silent);
  CHECK_FALSE(program.wait_for(std::chrono::milliseconds(30)));
}

TEST_CASE("a wish to stop ends the wait") {
  base::Cancellation cancellation;
  cancellation.request();
  AttachedProcess program({"sleep", "1000"}, Attachment::silent);
  CHECK_THROWS_AS(program.wait(cancellation), base::Cancelled);
}

TEST_CASE("a program that is told to end as soon as it is started hears it") {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    // As a program's main has it: between fork and exec a child must not live on this.
    std::signal(SIGTERM, [](int) {});
    for (int round = 0; round < 300; ++round)
      const AttachedProcess program({"sleep", "1000"}, Attachment::terminal);
    ::_exit(0);
  }
  int status = -1;
  const auto begin = std::chrono::steady_clock::now();
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(60)) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(status == 0);
}

TEST_CASE("a program that is not there is named") {
  CHECK_THROWS_AS(AttachedProcess({"no-such-program"}, Attachment::silent), base::Error);
}
