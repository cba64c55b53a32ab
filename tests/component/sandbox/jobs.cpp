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
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <imagewright_test/workers.hpp>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>

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
  throw base::Error(base::FailureKind::verification, diagnostic);
}

std::string throw_cancelled(const WorkerCall& /*call*/) {
  throw base::Cancelled();
}

std::string throw_foreign(const WorkerCall& /*call*/) {
  throw std::runtime_error("odd");
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

constexpr std::array k_jobs{
    WorkerJob{.name = "make-file", .run = &make_file},
    WorkerJob{.name = "talk", .run = &talk},
    WorkerJob{.name = "throw-error", .run = &throw_error},
    WorkerJob{.name = "throw-cancelled", .run = &throw_cancelled},
    WorkerJob{.name = "throw-foreign", .run = &throw_foreign},
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
