// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/process/start_state.hpp>

using imagewright::process::settle_start_state;

namespace {

void stop(int /*signal_number*/) {}

/// The exit status of a child that settles after `disturb`, and then checks.
int in_child(void (*disturb)(), bool (*check)()) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    disturb();
    settle_start_state(stop);
    ::_exit(check() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

} // namespace

TEST_CASE("children can be waited for, whatever the caller did with SIGCHLD", "[process]") {
  CHECK(in_child([] { std::signal(SIGCHLD, SIG_IGN); },
                 [] {
                   const pid_t child = ::fork();
                   if (child == 0) ::_exit(7);
                   int status = 0;
                   return ::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
                 }) == 0);
}

TEST_CASE("no file becomes a standard stream that was closed", "[process]") {
  CHECK(in_child(
            [] {
              ::close(0);
              ::close(1);
              ::close(2);
            },
            [] { return ::open("/dev/null", O_RDONLY) > 2 && ::write(1, "x", 1) == 1; }) == 0);
}

TEST_CASE("a limit on the size of files is an error of a write and not the end", "[process]") {
  CHECK(in_child(
            [] {
              const rlimit small{10, 10};
              ::setrlimit(RLIMIT_FSIZE, &small);
            },
            [] {
              char name[] = "/tmp/imagewright-limit-XXXXXX";
              const int file = ::mkstemp(name);
              ::unlink(name);
              return ::write(file, "0123456789", 10) == 10 && ::write(file, "x", 1) < 0 &&
                     errno == EFBIG;
            }) == 0);
}

TEST_CASE("signals that the caller blocked arrive, and a hang-up stops unless it was ignored",
          "[process]") {
  CHECK(in_child(
            [] {
              sigset_t all;
              ::sigfillset(&all);
              ::sigprocmask(SIG_SETMASK, &all, nullptr);
            },
            [] {
              sigset_t now;
              ::sigprocmask(SIG_SETMASK, nullptr, &now);
              return ::sigismember(&now, SIGTERM) == 0 && std::signal(SIGHUP, SIG_DFL) == stop;
            }) == 0);
  CHECK(in_child([] { std::signal(SIGHUP, SIG_IGN); },
                 [] { return std::signal(SIGHUP, SIG_DFL) == SIG_IGN; }) == 0);
}

TEST_CASE("a low limit on descriptors is raised as far as the host allows", "[process]") {
  CHECK(in_child(
            [] {
              rlimit few{};
              ::getrlimit(RLIMIT_NOFILE, &few);
              few.rlim_cur = 16;
              ::setrlimit(RLIMIT_NOFILE, &few);
            },
            [] {
              rlimit now{};
              ::getrlimit(RLIMIT_NOFILE, &now);
              return now.rlim_cur == now.rlim_max;
            }) == 0);
}
