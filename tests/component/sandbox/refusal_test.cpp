// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

/// Becomes one who may not use the call.
std::function<bool()> without(long call, int error_number) {
  return [=] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sandbox::FilterProgram filter;
    filter.add({call}, sandbox::refuse_with(error_number));
    return filter.install(SECCOMP_RET_ALLOW, 0) == 0;
  };
}

bool nothing() {
  return true;
}

struct Trial {
  Start start = Start::as_it_is;
  std::function<bool()> as_root = nothing; ///< before it becomes an ordinary user
  std::function<bool()> prepare = nothing;
  std::string script = "true";
};

/// What a child says of a script in a sandbox after its place was prepared: "fine", or the code of
/// its error.
std::string outcome(TestRoot& root, const Trial& trial) {
  process::Pipe pipe = process::make_pipe();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    // As a program's main leaves them: a helper that inherits a handler must not live on it.
    std::signal(SIGTERM, [](int) {});
    std::string said = "fine";
    try {
      if (!trial.as_root()) said = "cannot prepare as root";
      if (trial.start == Start::single_id &&
          (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0))
        said = "cannot change the user";
      ::prctl(PR_SET_DUMPABLE, 1);
      if (!trial.prepare()) said = "cannot prepare";
      sandbox::become_root(sandbox::own_rung());
      const auto result = root.shell(trial.script);
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
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(60)) {
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

/// Where another user can get at it.
void open_to_all(const TestRoot& root) {
  std::filesystem::permissions(root.scratch.path(), std::filesystem::perms::all);
  std::filesystem::permissions(root.options.root, std::filesystem::perms::all);
}

void refuse_each(Start start) {
  TestRoot root;
  open_to_all(root);
  for (const Refused& call : k_calls) {
    for (const int error_number : k_error_numbers) {
      const std::string said =
          outcome(root, {.start = start, .prepare = without(call.number, error_number)});
      INFO(call.name << " refused with " << error_number << ": " << said);
      CHECK(is_answer(said));
    }
  }
}

/// /proc as container engines leave it: the kernel lets nobody below have another one.
bool hide_part_of_proc() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("/dev/null", "/proc/version", nullptr, MS_BIND, nullptr) == 0;
}

/// A process with more threads than a sandbox may have, that has nothing to do with one; none where
/// so many are not allowed.
std::optional<process::ChildProcess> start_crowd() {
  constexpr int k_crowd = 2500;
  process::Pipe ready = process::make_pipe();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::setpgid(0, 0);
    pthread_attr_t small;
    ::pthread_attr_init(&small);
    ::pthread_attr_setstacksize(&small, std::size_t{128} << 10U);
    pthread_t thread{};
    int made = 0;
    const auto sleep = [](void*) -> void* { return reinterpret_cast<void*>(::pause()); };
    while (made < k_crowd && ::pthread_create(&thread, &small, sleep, nullptr) == 0)
      ++made;
    const bool is_said = made == k_crowd && ::write(ready.write_end.get(), "x", 1) == 1;
    if (is_said) ::pause();
    ::_exit(1);
  }
  ready.write_end.reset();
  char letter = 0;
  process::ChildProcess crowd(pid);
  if (::read(ready.read_end.get(), &letter, 1) != 1) return std::nullopt;
  return crowd;
}

} // namespace

TEST_CASE("a sandbox that sees the /proc of a container counts its own processes alone",
          "[sandbox][refusal]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("root is needed to hide a part of /proc");
  TestRoot root;
  open_to_all(root);
  const auto crowd = start_crowd();
  if (!crowd) IMAGEWRIGHT_SKIP("this place does not allow as many threads");
  Trial trial{.start = Start::single_id, .as_root = hide_part_of_proc};
  CHECK(outcome(root, trial) == "fine");
  trial.script = "i=0; while [ $i -lt 2300 ]; do sleep 30 & i=$((i+1)); done; sleep 1";
  CHECK(outcome(root, trial) == "sandbox.too-many-processes");
  trial.as_root = [] {
    const rlimit small{std::uint64_t{100} << 20U, std::uint64_t{100} << 20U};
    return hide_part_of_proc() && ::setrlimit(RLIMIT_RSS, &small) == 0;
  };
  trial.script = "eaten=0123456789abcdef; while :; do eaten=$eaten$eaten; done";
  CHECK(outcome(root, trial) == "sandbox.out-of-memory");
}

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
