// SPDX-License-Identifier: MIT
#include <chrono>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "test_root.hpp"

using namespace imagewright;
using imagewright_test::TestRoot;

namespace {

/// How many processes of the host, in any namespace, have this word among their arguments.
int count_processes(const std::string& word) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::ostringstream text;
    text << file.rdbuf();
    if (text.str().find(word) != std::string::npos) ++count;
  }
  return count;
}

bool all_go_away(const std::string& word) {
  for (int tries = 0; tries < 500 && count_processes(word) != 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return count_processes(word) == 0;
}

std::string mounts_of_host() {
  std::ifstream file("/proc/self/mountinfo");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A program that goes on in a session of its own, recognisable by its argument.
std::string daemon(const std::string& word) {
  return "setsid sh -c 'sleep 100; : " + word + "' > /dev/null 2>&1 & ";
}

} // namespace

TEST_CASE("nothing outlasts a run", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  const std::string mounts = mounts_of_host();
  CHECK(root.shell(daemon("marker-normal-end") + "sleep 0.2").exit_code == 0);
  // Without waiting: the kernel has ended them all before the run returned.
  CHECK(count_processes("marker-normal-end") == 0);
  CHECK(mounts_of_host() == mounts);
}

TEST_CASE("nothing outlasts a timeout", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  process::Command command;
  command.argv = {"sh", "-c", daemon("marker-timeout") + "echo begun; sleep 100"};
  command.timeout = std::chrono::milliseconds(500);
  const auto result = sandbox.run(command);
  CHECK(result.is_timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(result.standard_output == "begun\n");
  CHECK(count_processes("marker-timeout") == 0);
  CHECK_FALSE(std::filesystem::exists(root.path("proc")));
}

TEST_CASE("nothing outlasts a cancellation", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    root.cancellation.request();
  });
  CHECK_THROWS_AS(root.shell(daemon("marker-cancel") + "sleep 100"), base::Cancelled);
  canceller.join();
  CHECK(count_processes("marker-cancel") == 0);
  CHECK_FALSE(std::filesystem::exists(root.path("proc")));
}

TEST_CASE("nothing outlasts a watcher that throws", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  process::Command command;
  command.argv = {"sh", "-c", daemon("marker-throw") + "echo begun; sleep 100"};
  command.watch_output = [](std::string_view) -> process::Watch {
    throw base::BugError("watcher");
  };
  CHECK_THROWS_AS(sandbox.run(command), base::BugError);
  CHECK(count_processes("marker-throw") == 0);
}

TEST_CASE("nothing outlasts a caller that is killed", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  const std::string mounts = mounts_of_host();
  const pid_t caller = ::fork();
  REQUIRE(caller >= 0);
  if (caller == 0) {
    root.shell(daemon("marker-kill") + "echo > /begun; sleep 100");
    ::_exit(0);
  }
  for (int tries = 0; tries < 500 && !std::filesystem::exists(root.path("begun")); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(count_processes("marker-kill") >= 1);
  ::kill(caller, SIGKILL);
  ::waitpid(caller, nullptr, 0);
  CHECK(all_go_away("marker-kill"));
  CHECK(mounts_of_host() == mounts);
}
