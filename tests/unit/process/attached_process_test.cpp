// SPDX-License-Identifier: MIT
#include <csignal>

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

TEST_CASE("a program that is not there is named") {
  CHECK_THROWS_AS(AttachedProcess({"no-such-program"}, Attachment::silent), base::Error);
}
