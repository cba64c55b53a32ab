// SPDX-License-Identifier: MIT
#include "process_watch.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <map>
#include <optional>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/memory_kills.hpp>

#include "memory_watch.hpp"
#include "mount_api.hpp"
#include "process_files.hpp"
#include "stopped_process.hpp"

namespace imagewright::sandbox {

namespace {

/// What lives shorter than this may go unnoticed; looking costs some microseconds.
constexpr timespec k_interval{.tv_sec = 0, .tv_nsec = 20'000'000};

/// linux/pidfd.h: PIDFD_GET_INFO, with which a descriptor of a process tells since Linux 6.15 how
/// it ended, whoever reaped it. Laid out here, for hosts with older headers.
struct ProcessInfo {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t ids[11];
  std::int32_t status;
};
static_assert(sizeof(ProcessInfo) == 64);
constexpr std::uint64_t k_info_exit = 1U << 3U;
constexpr unsigned long k_get_info = _IOWR(0xFF, 11, ProcessInfo);

struct Watched {
  fs::UniqueFd process;
  std::string name;
  /// The worker is our own code, reaps it, and says itself what its end means.
  bool is_workers_child = false;
};

/// Signals by which nobody ends a process on purpose: those of the kernel, of abort(3), and
/// SIGKILL.
bool is_violent(int signal) {
  switch (signal) {
  case SIGKILL:
  case SIGSEGV:
  case SIGBUS:
  case SIGILL:
  case SIGFPE:
  case SIGABRT:
  case SIGSYS:
  case SIGTRAP:
  case SIGXCPU:
  case SIGXFSZ:
    return true;
  default:
    return false;
  }
}

class ProcessWatch {
public:
  ProcessWatch(pid_t worker, pid_t clerk)
      : worker_(worker), stopped_worker_(worker), clerk_(clerk), stopped_clerk_(clerk),
        processes_(::opendir("/proc")), memory_kills_(count_memory_kills()) {
    if (!processes_) throw_cannot_enter("cannot open", "/proc");
    if (!is_own_ && ::stat("/proc/self/ns/pid", &namespace_) != 0)
      throw_cannot_enter("cannot look at", "/proc/self/ns/pid");
  }

  /// The worker's status, when it has ended.
  std::optional<int> reap() {
    while (true) {
      int status = 0;
      const pid_t ended = ::waitpid(-1, &status, WNOHANG | WUNTRACED);
      if (ended > 0 && WIFSTOPPED(status)) {
        let_go_on(ended);
        continue;
      }
      if (ended == worker_) return status;
      if (ended < 0 && errno != EINTR) return -1;
      if (ended == 0) return std::nullopt;
      if (ended > 0) judge(ended, status);
    }
  }

  void look() {
    judge_ended();
    std::size_t count = 0;
    memory_.begin();
    ::rewinddir(processes_.get());
    while (const dirent* entry = ::readdir(processes_.get())) {
      pid_t pid = 0;
      const char* end = entry->d_name + std::strlen(entry->d_name);
      if (std::from_chars(entry->d_name, end, pid).ptr != end) continue;
      count += take_note(pid, entry->d_name);
    }
    if (count > k_most_processes) throw_too_many();
    memory_.judge();
  }

private:
  /// What programs of the image stop among themselves is their own.
  void let_go_on(pid_t pid) {
    const bool is_ours = pid == worker_ || pid == clerk_;
    StoppedProcess& stopped = pid == worker_ ? stopped_worker_ : stopped_clerk_;
    if (is_ours && !stopped.go_on()) ::kill(pid, SIGKILL);
  }

  /// Gives how many threads it has; none when it is not of this sandbox.
  std::size_t take_note(pid_t pid, const char* name) {
    if (!is_own_ && !is_of_this_namespace(name)) return 0;
    memory_.add(name);
    struct stat tasks {};
    const std::string directory = std::string(name) + "/task";
    if (::fstatat(::dirfd(processes_.get()), directory.c_str(), &tasks, 0) != 0) return 0;
    const auto threads = static_cast<std::size_t>(tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 1);
    if (!is_own_ || pid == worker_ || pid == ::getpid() || watched_.size() >= k_most_watched)
      return threads;
    Watched& watched = watched_[pid];
    if (!watched.process) {
      watched.process = fs::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
      watched.is_workers_child =
          parent_of(std::string(name) + "/stat") == worker_ && is_worker_ours();
    }
    // Anew each time: what was forked becomes another program.
    const std::string current{base::trimmed(text_of(std::string(name) + "/comm"))};
    if (!current.empty()) watched.name = current;
    return threads;
  }

  /// In the /proc of a container all of its processes stand, those of other sandboxes among them.
  bool is_of_this_namespace(const char* name) const {
    struct stat its {};
    return ::fstatat(::dirfd(processes_.get()), (std::string(name) + "/ns/pid").c_str(), &its, 0) ==
               0 &&
           its.st_ino == namespace_.st_ino && its.st_dev == namespace_.st_dev;
  }

  /// Empty when the process is gone.
  std::string text_of(const std::string& path) const {
    return beginning_of(::dirfd(processes_.get()), path).value_or("");
  }

  /// Whether the worker runs code of ours, and not a program of the root in its place.
  bool is_worker_ours() const {
    struct stat its {};
    struct stat own {};
    const std::string path = std::to_string(worker_) + "/exe";
    return ::fstatat(::dirfd(processes_.get()), path.c_str(), &its, 0) == 0 &&
           ::fstatat(::dirfd(processes_.get()), "self/exe", &own, 0) == 0 &&
           its.st_dev == own.st_dev && its.st_ino == own.st_ino;
  }

  /// proc(5), /proc/pid/stat: behind the name, which may hold anything, stand the state and the
  /// parent. 0 when the process is gone.
  pid_t parent_of(const std::string& path) const {
    const std::string text = text_of(path);
    const std::size_t name_end = text.rfind(')');
    pid_t parent = 0;
    if (name_end == std::string::npos || name_end + 4 > text.size()) return parent;
    std::from_chars(text.data() + name_end + 4, text.data() + text.size(), parent);
    return parent;
  }

  /// Those that are gone: the kernel tells how once they were reaped.
  void judge_ended() {
    for (auto entry = watched_.begin(); entry != watched_.end();) {
      pollfd polled{entry->second.process.get(), POLLIN, 0};
      const bool is_open = static_cast<bool>(entry->second.process);
      const bool has_ended = is_open && ::poll(&polled, 1, 0) > 0;
      ProcessInfo info{};
      info.mask = k_info_exit;
      const bool is_known = has_ended &&
                            ::ioctl(entry->second.process.get(), k_get_info, &info) == 0 &&
                            (info.mask & k_info_exit) != 0;
      if (is_known && !entry->second.is_workers_child)
        judge_status(entry->second.name, info.status);
      const bool is_gone = !is_open || is_known || (has_ended && ::kill(entry->first, 0) != 0);
      entry = is_gone ? watched_.erase(entry) : std::next(entry);
    }
  }

  void judge(pid_t pid, int status) {
    const auto found = watched_.find(pid);
    judge_status(found == watched_.end() ? std::string() : found->second.name, status);
    if (found != watched_.end()) watched_.erase(found);
  }

  void judge_status(const std::string& name, int status) const {
    if (!WIFSIGNALED(status) || !is_violent(WTERMSIG(status))) return;
    const int signal = WTERMSIG(status);
    const std::string message =
        fmt::format("{} in the image root was ended by signal {} ({})",
                    name.empty() ? "a program" : "the program " + base::quoted(name), signal,
                    ::strsignal(signal));
    if (signal == SIGKILL) throw_killed("sandbox.process-killed", message, memory_kills_);
    throw base::Error(base::FailureKind::build, "sandbox.process-killed", message,
                      "report it to whoever builds the package that the program is from");
  }

  [[noreturn]] static void throw_too_many() {
    throw base::Error(base::FailureKind::build, "sandbox.too-many-processes",
                      fmt::format("programs in the image root had more than {} processes and "
                                  "threads",
                                  k_most_processes),
                      "report it to whoever builds the package or wrote the script");
  }

  /// Descriptors are few; a bomb is not worth any.
  static constexpr std::size_t k_most_watched = 500;

  pid_t worker_;
  StoppedProcess stopped_worker_;
  pid_t clerk_;
  StoppedProcess stopped_clerk_;
  Directory processes_;
  /// Where only the host's /proc is to be had, its numbers are those of other processes.
  bool is_own_ = ::access(fmt::format("/proc/self/task/{}", ::getpid()).c_str(), F_OK) == 0;
  struct stat namespace_ {}; ///< of processes; only looked at where /proc is not its own
  std::optional<std::uint64_t> memory_kills_;
  MemoryWatch memory_;
  std::map<pid_t, Watched> watched_;
};

} // namespace

int wait_for_worker(pid_t worker, pid_t clerk) {
  ProcessWatch watch(worker, clerk);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGCHLD);
  while (true) {
    if (const auto status = watch.reap()) {
      // What ended just before it counts too.
      watch.look();
      return *status;
    }
    watch.look();
    ::sigtimedwait(&signals, nullptr, &k_interval);
  }
}

} // namespace imagewright::sandbox
