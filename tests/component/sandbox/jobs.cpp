// SPDX-License-Identifier: MIT
#include "jobs.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <imagewright_test/workers.hpp>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "sandbox/channel.hpp"

namespace imagewright_test {

namespace {

using imagewright::sandbox::WorkerCall;
using imagewright::sandbox::WorkerJob;
namespace base = imagewright::base;

void write_out(std::string_view text) {
  if (::write(1, text.data(), text.size()) < 0) ::_exit(1);
}

std::string make_file(const WorkerCall& /*call*/) {
  std::ofstream("/made") << "inside";
  return std::to_string(::getppid()) + std::string(100000, 'x') + std::getenv("LC_ALL");
}

std::string talk(const WorkerCall& call) {
  for (int number = 0; number < 50; ++number) {
    write_out("out" + std::to_string(number));
    call.messages.send(std::string(20000, 'm') + std::to_string(number));
  }
  return {};
}

std::string throw_error(const WorkerCall& /*call*/) {
  base::Diagnostic diagnostic;
  diagnostic.code = "test.some-code";
  diagnostic.message = "message";
  diagnostic.where = base::SourceLocation{"file.yaml", 3, 4};
  diagnostic.related = {{{"other.yaml", 5, 6}, "first here"}};
  diagnostic.context = {"while one", "while two"};
  diagnostic.hint = "hint";
  diagnostic.log = "log";
  throw base::Error(base::FailureKind::verification, diagnostic);
}

std::string throw_cancelled(const WorkerCall& /*call*/) {
  throw base::Cancelled();
}

std::string throw_foreign(const WorkerCall& /*call*/) {
  throw std::runtime_error("odd");
}

/// Says past the machinery of workers that the job failed, in a form that is none.
std::string forge_failure(const WorkerCall& call) {
  imagewright::sandbox::ByteWriter failure;
  if (call.request == "kind") failure.number(0).number(99).number(0).text("code");
  if (call.request == "severity") failure.number(0).number(0).number(99).text("code");
  if (call.request == "no-memory") failure.number(4);
  if (call.request == "/etc/shadow" || call.request == "place") {
    // What encode_exception makes of an error that points at a line.
    base::Diagnostic diagnostic{.code = "test.place", .message = "look there"};
    diagnostic.where = base::SourceLocation{"/etc/shadow", 1, 1};
    diagnostic.related = {{{"/etc/shadow", 2, 1}, "and there"}};
    throw base::Error(base::FailureKind::build, diagnostic);
  }
  if (call.request == "cut-off") failure.number(0).number(0).number(0).text("code").number(1000000);
  imagewright::sandbox::send_record(3, imagewright::sandbox::RecordKind::function_failed,
                                    failure.take());
  ::pause();
  return {};
}

constexpr int k_channel = 3;

/// Speaks past the machinery of workers for as long as somebody takes it in.
std::string speak_on(const WorkerCall& call) {
  using imagewright::sandbox::RecordKind;
  const std::array<char, 2> empty_part{static_cast<char>(RecordKind::function_result), '\1'};
  while (call.request == "empty-parts") {
    if (::send(k_channel, empty_part.data(), empty_part.size(), MSG_NOSIGNAL) < 0) ::_exit(1);
  }
  const auto kind = call.request == "messages" ? RecordKind::message : RecordKind::wants_id_maps;
  while (true)
    imagewright::sandbox::send_record(k_channel, kind, "word");
}

/// As many messages as are taken, each after the answer to the one before it.
std::string tell_on(const WorkerCall& call) {
  while (true)
    call.messages.send("word");
}

/// Looks as if it had ended, and has not.
std::string fall_silent(const WorkerCall& /*call*/) {
  ::close(k_channel);
  while (true)
    ::pause();
}

std::string hang(const WorkerCall& call) {
  call.messages.send("begun");
  write_out("tail");
  ::pause();
  return {};
}

std::string die(const WorkerCall& call) {
  ::raise(std::stoi(std::string(call.request)));
  return {};
}

std::string list_descriptors(const WorkerCall& /*call*/) {
  std::string names;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    names += std::filesystem::read_symlink(entry.path(), error).string() + " ";
  }
  return names;
}

std::string use_bare_root(const WorkerCall& call) {
  ::mkdirat(call.bare_root, "tmp/below", 0700);
  const bool is_seen = ::access("/tmp/below", F_OK) == 0;
  const bool is_out = ::faccessat(call.bare_root, "../../../../../../etc/hostname", F_OK, 0) == 0;
  return std::string(is_seen ? "seen " : "hidden ") + (is_out ? "out" : "in");
}

/// Reads the first descriptor, and tries to get more out of it than that.
std::string use_directory(const WorkerCall& call) {
  const int directory = call.descriptors.front();
  const int file = ::openat(directory, "given", O_RDONLY);
  std::array<char, 16> content{};
  if (::read(file, content.data(), content.size() - 1) < 0) return "unreadable";
  const std::string again = "/proc/self/fd/" + std::to_string(directory) + "/given";
  const bool can_write = ::open(again.c_str(), O_RDWR) >= 0 ||
                         ::openat(directory, "new", O_CREAT | O_WRONLY, 0600) >= 0;
  const bool can_leave = ::faccessat(directory, "../secret", F_OK, 0) == 0;
  return std::string(content.data()) + (can_write ? " writable" : "") +
         (can_leave ? " outward" : "");
}

std::string file_content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All that the process knows about where it came from.
std::string tell_origin(const WorkerCall& call) {
  std::string text(call.request);
  for (const char* name : {"environ", "cmdline", "maps"})
    text += file_content(std::string("/proc/self/") + name);
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable)
    text += *variable;
  return text + (::prctl(PR_GET_DUMPABLE) == 0 ? " closed" : " open");
}

std::string sum_of_file(const WorkerCall& call) {
  unsigned sum = 0;
  std::array<unsigned char, 4096> buffer;
  for (ssize_t count = 0;
       (count = ::read(call.descriptors.front(), buffer.data(), buffer.size())) > 0;)
    for (ssize_t index = 0; index < count; ++index)
      sum += buffer[static_cast<std::size_t>(index)];
  return std::to_string(sum) + std::string(call.request);
}

/// What a parser that was taken over would try. Each letter is something that worked.
std::string break_out(const WorkerCall& call) {
  std::string worked;
  const auto tried = [&](char letter, bool is_done) {
    if (is_done) worked += letter;
  };
  tried('f', ::open("/etc/passwd", O_RDONLY) >= 0);
  tried('w', ::open("/tmp/imagewright-escape", O_WRONLY | O_CREAT, 0600) >= 0);
  const std::string again = "/proc/self/fd/" + std::to_string(call.descriptors.front());
  tried('r', ::open(again.c_str(), O_RDWR) >= 0);
  tried('s', ::stat("/etc/passwd", std::array<struct stat, 1>{}.data()) == 0);
  tried('n', ::socket(AF_INET, SOCK_STREAM, 0) >= 0);
  tried('u', ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  tried('p', child > 0);
  tried('x', ::access("/bin/true", X_OK) == 0);
  char* const arguments[] = {nullptr};
  ::execve("/bin/true", arguments, arguments);
  tried('k', ::kill(::getppid(), 0) == 0);
  tried('c', ::chdir("/") == 0);
  std::array<char, 8> memory{};
  const iovec here{memory.data(), memory.size()};
  tried('m', ::process_vm_readv(::getppid(), &here, 1, &here, 1, 0) > 0);
  // Threads are its own business.
  int number = 0;
  std::thread([&number] { number = 1; }).join();
  return worked + (number == 1 ? " threads" : "");
}

std::string take_memory(const WorkerCall& /*call*/) {
  std::vector<std::string> kept;
  while (true)
    kept.emplace_back(std::size_t{1} << 20U, 'm');
}

std::string take_time(const WorkerCall& /*call*/) {
  for (std::atomic<unsigned> number = 0;; ++number) {
  }
}

bool is_prepared = false;

void prepare() {
  is_prepared = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

std::string tell_prepared(const WorkerCall& /*call*/) {
  return is_prepared ? "prepared" : "not prepared";
}

std::string exit_early(const WorkerCall& /*call*/) {
  ::_exit(3);
}

/// What a script might do with system calls. Each word is something that worked.
std::string try_calls(const WorkerCall& /*call*/) {
  std::string worked;
  const auto tried = [&](const char* name, long result) {
    if (result >= 0) worked += std::string(name) + " ";
  };
  std::array<char, 8> memory{};
  const iovec here{memory.data(), memory.size()};
  tried("user-namespace", ::unshare(CLONE_NEWUSER));
  tried("mount-namespace", ::unshare(CLONE_NEWNS));
  const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0);
  if (child == 0) ::_exit(0);
  tried("clone", child);
  tried("clone3", ::syscall(SYS_clone3, nullptr, 0) < 0 && errno == ENOSYS ? -1 : 0);
  tried("setns", ::syscall(SYS_setns, ::open("/proc/self/ns/net", O_RDONLY), 0));
  tried("fsopen", ::syscall(SYS_fsopen, "tmpfs", 0));
  tried("open_tree", ::syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  tried("mount", ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr));
  tried("keyctl", ::syscall(SYS_keyctl, 0, -3, 0));
  tried("add_key", ::syscall(SYS_add_key, "user", "x", "y", 1, -3));
  tried("bpf", ::syscall(SYS_bpf, 0, nullptr, 0) < 0 && errno == EPERM ? -1 : 0);
  tried("perf",
        ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0) < 0 && errno == EPERM ? -1 : 0);
  tried("ptrace", ::syscall(SYS_ptrace, 16, ::getppid(), 0, 0));
  tried("read-memory", ::process_vm_readv(::getpid(), &here, 1, &here, 1, 0));
  tried("handle",
        ::syscall(SYS_open_by_handle_at, AT_FDCWD, nullptr, 0) < 0 && errno == EPERM ? -1 : 0);
  tried("io_uring", ::syscall(SYS_io_uring_setup, 1, nullptr) < 0 && errno == ENOSYS ? -1 : 0);
  tried("vsock", ::socket(AF_VSOCK, SOCK_STREAM, 0));
  tried("packet", ::socket(AF_PACKET, SOCK_RAW, 0));
  tried("alg", ::socket(AF_ALG, SOCK_SEQPACKET, 0));
  tried("netlink-audit", ::socket(AF_NETLINK, SOCK_RAW, 9));
  tried("netlink-events", ::socket(AF_NETLINK, SOCK_RAW, 15));
  // Of process 1, of who watches, and of this process by its number.
  for (const pid_t guard : {1, ::getppid(), ::getpid()}) {
    const rlimit none{};
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(0, &processors);
    const sched_param idle{};
    tried("limit", ::prlimit(guard, RLIMIT_NOFILE, &none, nullptr));
    tried("nice", ::setpriority(PRIO_PROCESS, static_cast<id_t>(guard), 19));
    tried("scheduler", ::sched_setscheduler(guard, SCHED_IDLE, &idle));
    tried("processors", ::sched_setaffinity(guard, sizeof processors, &processors));
    tried("io-priority", ::syscall(SYS_ioprio_set, 1, guard, 3 << 13));
  }
  tried("nice-of-all", ::setpriority(PRIO_USER, 0, 19));
  tried("io-priority-of-all", ::syscall(SYS_ioprio_set, 3, 0, 3 << 13));
  if (::setpriority(PRIO_PROCESS, 0, 0) != 0) worked += "no-own-priority ";
  if (::socket(AF_NETLINK, SOCK_RAW, 0) < 0) worked += "no-netlink-route ";
  if (::socket(AF_UNIX, SOCK_STREAM, 0) < 0) worked += "no-unix ";
#if defined(__x86_64__)
  // getpid(2) by the interface of 32 bits.
  long number = 20;
  __asm__ volatile("int $0x80" : "+a"(number) : : "memory");
  tried("32-bits", number);
  tried("x32", ::syscall(0x40000000L + 39));
#endif
  return worked;
}

/// A process that this one starts stops it, once or without end.
std::string be_stopped(const WorkerCall& call) {
  const bool is_endless = call.request == "without end";
  const pid_t worker = ::getpid();
  if (::fork() == 0) {
    do {
      ::kill(worker, SIGSTOP);
    } while (is_endless);
    ::_exit(0);
  }
  ::usleep(300'000);
  return "went on";
}

std::string make_threads(const WorkerCall& /*call*/) {
  for (int process = 0; process < 20; ++process) {
    if (::fork() != 0) continue;
    std::vector<std::thread> threads;
    try {
      for (int number = 0; number < 400; ++number)
        threads.emplace_back([] { ::sleep(30); });
    } catch (const std::system_error&) {
      // As many as there are, ignoring.
    }
    ::sleep(30);
    ::_exit(0);
  }
  ::sleep(30);
  return {};
}

constexpr std::size_t k_hidden_size = std::size_t{400} << 20U;

/// Memory that is in no private page of a process. Gives "held" when nobody minds.
std::string hide_memory(const WorkerCall& call) {
  std::string piece(std::size_t{1} << 20U, 'm');
  const auto is_asked = [&](const char* place) {
    return call.request.find(place) != std::string::npos;
  };
  // In two places half of it each: neither is too much alone.
  const std::size_t size_of_each = call.request.find(' ') == std::string::npos
                                       ? std::size_t{k_hidden_size}
                                       : std::size_t{k_hidden_size} / 2;
  if (is_asked("unnamed-file")) {
    const int file = ::memfd_create("", 0);
    for (std::size_t size = 0; size < size_of_each; size += piece.size()) {
      if (::write(file, piece.data(), piece.size()) < 0) return "refused";
    }
  }
  if (is_asked("shared")) {
    void* memory =
        ::mmap(nullptr, size_of_each, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return "refused";
    std::memset(memory, 'm', size_of_each);
  }
  if (is_asked("system-v")) {
    const int segment = ::shmget(IPC_PRIVATE, k_hidden_size, IPC_CREAT | 0600);
    void* memory = ::shmat(segment, nullptr, 0);
    if (memory == reinterpret_cast<void*>(-1)) return "refused";
    std::memset(memory, 'm', k_hidden_size);
    ::shmdt(memory);
  }
  ::sleep(5);
  return "held";
}

constexpr std::array k_jobs{
    WorkerJob{.name = "make-file", .run = &make_file},
    WorkerJob{.name = "talk", .run = &talk},
    WorkerJob{.name = "throw-error", .run = &throw_error},
    WorkerJob{.name = "throw-cancelled", .run = &throw_cancelled},
    WorkerJob{.name = "forge-failure", .run = &forge_failure},
    WorkerJob{.name = "throw-foreign", .run = &throw_foreign},
    WorkerJob{.name = "speak-on", .run = &speak_on},
    WorkerJob{.name = "tell-on", .run = &tell_on},
    WorkerJob{.name = "fall-silent", .run = &fall_silent},
    WorkerJob{.name = "hang", .run = &hang},
    WorkerJob{.name = "die", .run = &die},
    WorkerJob{.name = "list-descriptors", .run = &list_descriptors},
    WorkerJob{.name = "use-bare-root", .run = &use_bare_root},
    WorkerJob{.name = "use-directory", .run = &use_directory},
    WorkerJob{.name = "tell-origin", .run = &tell_origin},
    WorkerJob{.name = "sum-of-file", .run = &sum_of_file},
    WorkerJob{.name = "break-out", .run = &break_out},
    WorkerJob{.name = "take-memory", .run = &take_memory},
    WorkerJob{.name = "take-time", .run = &take_time},
    WorkerJob{.name = "tell-prepared", .run = &tell_prepared, .prepare = &prepare},
    WorkerJob{.name = "try-calls", .run = &try_calls},
    WorkerJob{.name = "be-stopped", .run = &be_stopped},
    WorkerJob{.name = "make-threads", .run = &make_threads},
    WorkerJob{.name = "hide-memory", .run = &hide_memory},
    WorkerJob{.name = "exit-early", .run = &exit_early},
};

} // namespace

std::span<const WorkerJob> jobs() {
  return k_jobs;
}

std::optional<int> run_worker_if_asked(int argument_count, char** arguments) {
  return imagewright::sandbox::run_worker_if_asked(argument_count, arguments, k_jobs);
}

} // namespace imagewright_test
