// SPDX-License-Identifier: MIT
#include "inside.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/signals.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "anew.hpp"
#include "call_filter.hpp"
#include "call_policy.hpp"
#include "capabilities.hpp"
#include "channel.hpp"
#include "clerk.hpp"
#include "enter.hpp"
#include "first_process.hpp"
#include "leave_chroot.hpp"
#include "mount_api.hpp"
#include "process_watch.hpp"
#include "user_namespace.hpp"
#include "worker_codec.hpp"

namespace imagewright::sandbox {

namespace {

/// Enough for every program; package scripts close each possible descriptor in turn when they
/// start.
constexpr rlim_t k_descriptor_limit = 4096;
/// No file of a package or an initramfs comes near; a script that fills a disk does not get far.
constexpr rlim_t k_file_size_limit = rlim_t{16} << 30U;

void make_namespaces() {
  // Who stands for one group only may not leave any; they give no right over the image's files.
  if (::setgroups(0, nullptr) != 0 && !is_in_user_namespace())
    throw_cannot_enter("cannot leave", "supplementary groups");
  if (::unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET) != 0) {
    throw_cannot_enter("cannot make", "namespaces");
  }
  leave_chroot();
}

void set_limits() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const rlimit file_size{k_file_size_limit, k_file_size_limit};
  ::setrlimit(RLIMIT_FSIZE, &file_size);
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = std::min(descriptors.rlim_max, k_descriptor_limit);
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
}

/// Programs of the image come after who watches over them.
void give_up_priority() {
  if (::getpriority(PRIO_PROCESS, 0) < 0) ::setpriority(PRIO_PROCESS, 0, 0);
}

/// Where memory runs out the kernel ends a program of the image, and not who tells of it.
void offer_to_be_ended() {
  constexpr int k_wanted = 500;
  const fs::UniqueFd score(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
  std::array<char, 16> text{};
  // Nobody needs a right to raise it. Where /proc does not show it, nothing is gained, ignoring.
  if (!score || ::pread(score.get(), text.data(), text.size() - 1, 0) <= 0) return;
  if (std::atoi(text.data()) >= k_wanted) return;
  const std::string wanted = std::to_string(k_wanted);
  (void)!::pwrite(score.get(), wanted.data(), wanted.size(), 0);
}

/// A caller's low limit is about the caller: the watch needs some for each process.
void raise_descriptor_limit() {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return;
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
}

/// The worker's environment is the sandbox's.
void set_environment(const std::map<std::string, std::string>& environment) {
  ::clearenv();
  for (const auto& [name, value] : environment)
    ::setenv(name.c_str(), value.c_str(), 1);
}

/// Becomes a program of the image; comes back only to say why not.
void become(const ProgramWork& program) {
  process::Command command;
  command.argv = program.argv;
  command.working_directory = program.working_directory;
  const process::ProgramImage image(command, program.environment);
  const process::StartFailure failure = image.execute({0, 1, 2});
  send_record(k_channel, RecordKind::start_failed,
              std::string_view(reinterpret_cast<const char*>(&failure), sizeof failure));
}

void do_job(const Inside& inside, const JobWork& work, std::span<const WorkerJob> jobs,
            const Entered& entered) {
  set_environment(sandbox_environment(inside.options.epoch));
  std::vector<int> descriptors;
  for (std::uint64_t index = 0; index < work.descriptor_count; ++index)
    descriptors.push_back(k_first_descriptor + static_cast<int>(index));
  try {
    send_record(k_channel, RecordKind::function_result,
                find_job(jobs, work.name)
                    .run({.request = work.request,
                          .descriptors = descriptors,
                          .messages = MessageSender(k_channel),
                          .bare_root = entered.bare_root.get()}));
  } catch (const std::exception& exception) {
    send_record(k_channel, RecordKind::function_failed, encode_exception(exception));
  }
}

/// Answers for the kernel where owners and devices are recorded.
struct Clerk {
  fs::UniqueFd socket; ///< over which it gets to know whom to listen to; none without a clerk
  pid_t pid = 0;
};

/// The processes of the root, as seen from the worker, that are no programs of the image.
std::vector<pid_t> guards_over(const Inside& inside, const Clerk& clerk) {
  std::vector<pid_t> guards{1, ::getppid()};
  if (clerk.pid != 0) guards.push_back(clerk.pid);
  if (std::holds_alternative<JobWork>(inside.work)) guards.push_back(::getpid());
  return guards;
}

/// Does what was wanted; with a clerk, under its eyes.
[[noreturn]] void work(const Inside& inside, std::span<const WorkerJob> jobs,
                       const Entered& entered, const Clerk& clerk) {
  ::setsid();
  process::restore_default_signals();
  ::umask(022);
  set_limits();
  offer_to_be_ended();
  give_up_priority();
  // The caller's place among control groups is the caller's: an engine's, a service's, a pod's.
  // Where the kernel has no namespaces of them, nothing is gained, ignoring.
  (void)::unshare(CLONE_NEWCGROUP);
  // While this process may still ask for it.
  filter_calls_of_scripts(guards_over(inside, clerk));
  if (clerk.socket) send_descriptor(clerk.socket.get(), filter_metadata_calls());
  drop_capabilities();
  if (const auto* program = std::get_if<ProgramWork>(&inside.work)) {
    become(*program);
  } else {
    do_job(inside, std::get<JobWork>(inside.work), jobs, entered);
  }
  ::_exit(0);
}

/// Runs `body` and reports what it throws; a function boundary that no exception passes.
void guarded(const std::function<void()>& body) noexcept {
  try {
    body();
  } catch (const std::exception& exception) {
    report_failure(k_channel, exception);
  }
}

Clerk start_clerk(MetadataRecord& record) {
  Channel channel = make_channel();
  const pid_t pid = ::fork();
  if (pid < 0) throw_cannot_enter("cannot fork for", "the record of owners");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    channel.outside.reset();
    guarded([&] {
      if (const fs::UniqueFd listener = receive_descriptor(channel.inside.get()))
        keep_record(listener, record);
    });
    ::_exit(0);
  }
  return {std::move(channel.outside), pid};
}

/// Ends this process with the keeper. The keeper alone holds the other end of the pipe: it tells
/// whether the keeper was gone before the kernel knew that it matters.
void die_with_keeper(process::Pipe& keeper_is_alive) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  keeper_is_alive.write_end.reset();
  pollfd polled{keeper_is_alive.read_end.get(), POLLIN, 0};
  if (::poll(&polled, 1, 0) != 0) ::_exit(1);
}

/// Waits until process 1 has nothing left that a program could see.
///
/// Before the builder changes a root, not only before there are programs: pivot_root(2) gives the
/// new root to every process of the mount namespace whose root was the old one, and unshare(2) lets
/// process 1 take its root along into a namespace of its own. Where both happen at once the kernel
/// may leave process 1 with the root that was, which is then mounted nowhere, and each call about
/// its mounts answers EINVAL. One after the other nothing is shared: process 1 is in its own
/// namespace, and its root is none that the builder's pivot_root(2) looks for.
void wait_for_emptiness(const fs::UniqueFd& first_is_empty) {
  pollfd polled{first_is_empty.get(), POLLIN, 0};
  while (::poll(&polled, 1, -1) < 0 && errno == EINTR) {
  }
}

/// The builder: makes the root, starts the worker in it and watches over what comes of that.
[[noreturn]] void build(std::span<const WorkerJob> jobs, fs::UniqueFd first_is_empty) noexcept {
  guarded([&] {
    // Orphans are the watch's, not process 1's.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const auto request = RecordReader(k_channel).receive(Waiting::blocking);
    if (!request || request->kind != RecordKind::request) return;
    const Inside inside = decode_inside(request->payload);
    // A session's keys belong to the caller; programs inside could ask for them by number. Where
    // there are no keys or no right to them, there is nothing to leave, ignoring.
    (void)::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
    // Opened while the host's files are in sight.
    std::optional<MetadataRecord> record;
    if (inside.supervision == Supervision::needed) record.emplace(inside.options.metadata_record);
    if (const auto* job = std::get_if<JobWork>(&inside.work))
      protect_descriptors(k_first_descriptor, job->descriptor_count);
    wait_for_emptiness(first_is_empty);
    first_is_empty.reset();
    const Entered entered = enter(inside.options);
    const Clerk clerk = record ? start_clerk(*record) : Clerk();
    const pid_t worker = ::fork();
    if (worker < 0) throw_cannot_enter("cannot fork in", inside.options.root.string());
    if (worker == 0) guarded([&] { work(inside, jobs, entered, clerk); });
    if (worker == 0) ::_exit(1);
    const int status = wait_for_worker(worker, clerk.pid);
    send_record(k_channel, RecordKind::ended,
                ByteWriter().number(static_cast<std::uint64_t>(status)).take());
  });
  ::_exit(0);
}

/// Process 1 of the namespace: when it ends, the kernel ends all others in there. Of what is wanted
/// it knows nothing, since programs of the image may look into it.
[[noreturn]] void be_first(std::span<const WorkerJob> jobs,
                           process::Pipe& keeper_is_alive) noexcept {
  // Open until a failure was told: the builder goes on when it is closed, and would tell its own.
  process::Pipe emptiness;
  guarded([&] {
    die_with_keeper(keeper_is_alive);
    emptiness = process::make_pipe();
    const pid_t builder = ::fork();
    if (builder < 0) throw_cannot_enter("cannot fork in", "a sandbox");
    if (builder == 0) {
      emptiness.write_end.reset();
      keeper_is_alive.read_end.reset();
      build(jobs, std::move(emptiness.read_end));
    }
    become_empty();
    // Closed by number already.
    (void)emptiness.read_end.release();
    (void)emptiness.write_end.release();
    (void)keeper_is_alive.read_end.release();
    wait_for_builder(builder);
  });
  ::_exit(0);
}

void block(const sigset_t& signals) {
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

/// What is left unread at the end of a channel hides from the other side what was said before.
/// Where none comes, whoever does not send it may end this process.
void take_request_unread() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  guarded([] { (void)RecordReader(k_channel).receive(Waiting::blocking); });
}

/// Waits for the end of the first process; SIGTERM brings it about.
void wait_for_first(pid_t first, const sigset_t& signals) {
  while (true) {
    siginfo_t info{};
    const int number = ::sigwaitinfo(&signals, &info);
    if (number == SIGTERM) ::kill(first, SIGKILL);
    if (::waitpid(first, nullptr, number == SIGTERM ? 0 : WNOHANG) == first) return;
  }
}

} // namespace

void keep(std::span<const WorkerJob> jobs) noexcept {
  bool has_first = false;
  guarded([&] {
    raise_descriptor_limit();
    die_with(::getppid());
    make_namespaces();
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGCHLD);
    block(signals);
    process::Pipe alive = process::make_pipe();
    const pid_t first = ::fork();
    if (first < 0) throw_cannot_enter("cannot fork for", "a sandbox");
    if (first == 0) be_first(jobs, alive);
    has_first = true;
    wait_for_first(first, signals);
  });
  if (!has_first) take_request_unread();
  ::_exit(0);
}

} // namespace imagewright::sandbox
