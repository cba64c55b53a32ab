// SPDX-License-Identifier: MIT
#include "guest.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "guest_reporter.hpp"

namespace imagewright::machine {

namespace {

constexpr const char* k_work_device = "/dev/vdb1";

void mount_at(const char* source, const char* place, const char* type, unsigned long flags,
              const char* options = nullptr) {
  if (::mount(source, place, type, flags, options) != 0)
    base::throw_system_error("machine.cannot-start", "cannot mount", place, errno);
}

void mount_everything() {
  mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  mount_at(k_work_device, k_guest_work, "ext4", MS_NODEV | MS_NOATIME, "noinit_itable,nobarrier");
  // Not /tmp, nor any other place that may have files of the host: they must not be covered.
  const std::string temporary = std::string(k_guest_work) + "/tmp";
  std::filesystem::create_directories(temporary);
  ::setenv("TMPDIR", temporary.c_str(), 1);
}

/// What the kernel may be told of its own, ignoring what it does not know.
void set(const char* setting, std::string_view value) {
  const fs::UniqueFd file(::open(setting, O_WRONLY | O_CLOEXEC));
  if (file) (void)!::write(file.get(), value.data(), value.size());
}

/// Programs without end are ended by a watch that says so (sandbox/process_watch.hpp), at 2048: so
/// much more that it is always the watch, and few enough for the memory of a machine.
void limit_processes() {
  set("/proc/sys/kernel/pid_max", "3072\n");
}

/// Where memory runs out, programs of the image go first, who watches over them later, and this
/// process, without which there is no word of it, never. Where they take all processors, who
/// watches still gets to look.
void outlive_programs() {
  constexpr int k_before_programs = -15;
  set("/proc/self/oom_score_adj", "-900\n");
  ::setpriority(PRIO_PROCESS, 0, k_before_programs);
}

/// Bytes go out as they are.
fs::UniqueFd open_console(const std::string& name) {
  fs::UniqueFd console(::open(("/dev/" + name).c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  termios settings{};
  if (console && ::tcgetattr(console.get(), &settings) == 0) {
    ::cfmakeraw(&settings);
    ::tcsetattr(console.get(), TCSANOW, &settings);
  }
  return console;
}

const GuestJob& find_job(std::span<const GuestJob> jobs, const std::string& name) {
  const auto found = std::ranges::find(jobs, name, &GuestJob::name);
  if (found != jobs.end()) return *found;
  throw base::BugError("this program knows no job of the name " + base::quoted(name));
}

void answer(AnswerKind kind, const std::string& text) {
  fs::write_file_atomically(k_guest_answer, static_cast<char>(kind) + text);
}

/// The whole life of the process that does the job.
[[noreturn]] void do_job(std::span<const GuestJob> jobs, const GuestRequest& request, int console) {
  GuestReporter reporter(console);
  try {
    const std::string text =
        find_job(jobs, request.job).run({.request = request.request, .reporter = reporter});
    answer(AnswerKind::done, text);
  } catch (const std::exception& exception) {
    answer(AnswerKind::failed, sandbox::encode_exception(exception));
  }
  ::_exit(0);
}

/// Reaps whatever ends, and says now and then that the machine lives. Gives the status of the job.
int wait_for(pid_t job, int console) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds k_between_signs{5};
  constexpr useconds_t k_pause = 50'000;
  auto next_sign = Clock::now();
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == job) return status;
    if (ended > 0) continue;
    if (Clock::now() >= next_sign) {
      send_message(
          console,
          sandbox::ByteWriter().number(static_cast<std::uint64_t>(MessageKind::alive)).take());
      next_sign = Clock::now() + k_between_signs;
    }
    ::usleep(k_pause);
  }
}

[[noreturn]] void turn_off() {
  ::sync();
  ::reboot(RB_AUTOBOOT);
  ::_exit(0);
}

int serve(std::span<const GuestJob> jobs, const GuestRequest& request, int console) {
  mount_everything();
  limit_processes();
  const pid_t job = ::fork();
  if (job < 0)
    base::throw_system_error("machine.cannot-start", "cannot fork for", "the job", errno);
  if (job == 0) {
    ::setpgid(0, 0);
    outlive_programs();
    do_job(jobs, request, console);
  }
  return wait_for(job, console);
}

[[noreturn]] void serve_guest(std::span<const GuestJob> jobs) {
  fs::UniqueFd console;
  int status = -1;
  try {
    const GuestRequest request = decode_guest_request(fs::read_file(k_guest_request));
    console = open_console(request.console);
    status = serve(jobs, request, console.get());
  } catch (const std::exception& exception) {
    // For people: no answer is what the outside goes by.
    const std::string text = fmt::format("imagewright-machine: {}\n", exception.what());
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) errno = 0;
  }
  // What was written is complete before the machine says so.
  ::sync();
  // Twice: a line that something else wrote into is lost.
  for (int repetition = 0; repetition < 2; ++repetition)
    send_message(console.get(), sandbox::ByteWriter()
                                    .number(static_cast<std::uint64_t>(MessageKind::ended))
                                    .number(static_cast<std::uint64_t>(status))
                                    .take());
  if (console) ::tcdrain(console.get());
  turn_off();
}

} // namespace

std::string encode(const GuestRequest& request) {
  const auto& [job, text, console] = request;
  return sandbox::ByteWriter().text(job).text(text).text(console).take();
}

GuestRequest decode_guest_request(std::string_view bytes) {
  sandbox::ByteReader reader(bytes);
  GuestRequest request;
  request.job = reader.text();
  request.request = reader.text();
  request.console = reader.text();
  return request;
}

void run_guest_if_asked(int argument_count, char** arguments, std::span<const GuestJob> jobs) {
  // Only the first process of a kernel: nobody else has use for it. What the kernel did not
  // understand of its command line stands before what is meant for us.
  if (argument_count < 3 || ::getpid() != 1 ||
      std::string_view(arguments[argument_count - 2]) != k_guest_argument)
    return;
  const std::string_view role = arguments[argument_count - 1];
  if (role == k_boot_role) boot_guest();
  if (role == k_serve_role) serve_guest(jobs);
}

} // namespace imagewright::machine
