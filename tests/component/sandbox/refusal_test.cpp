// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "sandbox/filter_program.hpp"
#include "test_root.hpp"

using namespace imagewright;
using imagewright_test::TestRoot;

namespace {

struct Refused {
  const char* name;
  long number;
};

/// Every call with which a process leaves the host's view and enters the root's.
constexpr auto k_calls = std::to_array<Refused>({
    {"unshare", SYS_unshare},         {"fsopen", SYS_fsopen},
    {"fsconfig", SYS_fsconfig},       {"fsmount", SYS_fsmount},
    {"open_tree", SYS_open_tree},     {"mount_setattr", SYS_mount_setattr},
    {"move_mount", SYS_move_mount},   {"mount", SYS_mount},
    {"umount2", SYS_umount2},         {"pivot_root", SYS_pivot_root},
    {"sethostname", SYS_sethostname}, {"setresuid", SYS_setresuid},
    {"setresgid", SYS_setresgid},     {"setgroups", SYS_setgroups},
    {"capset", SYS_capset},           {"seccomp", SYS_seccomp},
    {"pidfd_open", SYS_pidfd_open},   {"close_range", SYS_close_range},
    {"keyctl", SYS_keyctl},           {"setsid", SYS_setsid},
    {"fchdir", SYS_fchdir},           {"symlinkat", SYS_symlinkat},
    {"mkdirat", SYS_mkdirat},         {"socketpair", SYS_socketpair},
    {"prlimit64", SYS_prlimit64},
});

constexpr std::array k_error_numbers{EPERM, EACCES, ENOSYS, EINVAL};

enum class Start : std::uint8_t { as_it_is, single_id };

/// What a child says that may not use the call: "fine", or the code of its error.
std::string outcome(TestRoot& root, Start start, long call, int error_number) {
  process::Pipe pipe = process::make_pipe();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    // As a program's main leaves them: a helper that inherits a handler must not live on it.
    std::signal(SIGTERM, [](int) {});
    std::string said = "fine";
    try {
      if (start == Start::single_id &&
          (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0))
        said = "cannot change the user";
      ::prctl(PR_SET_DUMPABLE, 1);
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      sandbox::FilterProgram filter;
      filter.add({call}, sandbox::refuse_with(error_number));
      if (filter.install(SECCOMP_RET_ALLOW, 0) != 0) said = "no filter";
      sandbox::become_root(sandbox::own_rung());
      const auto result = root.shell("true");
      if (!result.is_success()) said = "failed without an error";
    } catch (const base::Error& error) {
      said = error.diagnostic().code;
      if (error.diagnostic().message.empty()) said = "an error without words";
    } catch (const std::exception& exception) {
      said = std::string("a bug: ") + exception.what();
    }
    const bool is_written = ::write(pipe.write_end.get(), said.data(), said.size()) >= 0;
    ::_exit(is_written ? 0 : 1);
  }
  pipe.write_end.reset();
  const auto begin = std::chrono::steady_clock::now();
  // Far more than it takes, for a busy host; the point is that there is an end.
  while (::waitpid(pid, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(20)) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      return "it hangs";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::array<char, 4096> text{};
  const ssize_t length = ::read(pipe.read_end.get(), text.data(), text.size());
  return length <= 0 ? "it died without a word"
                     : std::string(text.data(), static_cast<std::size_t>(length));
}

bool is_answer(const std::string& said) {
  return said == "fine" || said.starts_with("sandbox.") || said.starts_with("process.") ||
         said.starts_with("fs.");
}

void refuse_each(Start start) {
  TestRoot root;
  // Where another user can get at it.
  std::filesystem::permissions(root.scratch.path(), std::filesystem::perms::all);
  std::filesystem::permissions(root.options.root, std::filesystem::perms::all);
  for (const Refused& call : k_calls) {
    for (const int error_number : k_error_numbers) {
      const std::string said = outcome(root, start, call.number, error_number);
      INFO(call.name << " refused with " << error_number << ": " << said);
      CHECK(is_answer(said));
    }
  }
}

} // namespace

TEST_CASE("each refused call of the entrance is an error and never a wait, as we are",
          "[sandbox][refusal]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  refuse_each(Start::as_it_is);
}

TEST_CASE("each refused call of the entrance is an error and never a wait, for an ordinary user",
          "[sandbox][refusal]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("root is needed to become another user");
  refuse_each(Start::single_id);
}
