// SPDX-License-Identifier: MIT
#include <chrono>
#include <csignal>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include <sys/wait.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/boot/accelerator.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "console.hpp"
#include "disks.hpp"
#include "guest.hpp"
#include "guest_reporter.hpp"
#include "initramfs.hpp"
#include "program_files.hpp"
#include "qemu.hpp"

namespace imagewright::machine {

namespace {

using Clock = std::chrono::steady_clock;

constexpr base::ByteSize k_largest_answer = base::ByteSize::mib(512);

/// The machine of this host's own architecture.
const model::Architecture& architecture() {
  const model::Architecture* host = model::host_architecture();
  if (host != nullptr) return *host;
  throw base::Error(base::FailureKind::host, "machine.cannot-start",
                    "nothing is known of this host's architecture, so no machine can be made",
                    "compose on x86_64 or aarch64");
}

/// The files of one run, gone with it but for the disk of the work.
class Files {
public:
  explicit Files(const std::filesystem::path& directory)
      : paths_{directory / "kernel", directory / "initramfs", directory / "inputs.raw",
               directory / "work.raw"} {}
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  Files(Files&&) = delete;
  Files& operator=(Files&&) = delete;
  ~Files() {
    std::error_code ignored;
    for (const auto& path : {paths_.kernel, paths_.initramfs, paths_.inputs})
      std::filesystem::remove(path, ignored);
  }

  const MachineFiles& paths() const { return paths_; }

private:
  MachineFiles paths_;
};

void write_files(const MachineRequest& request, const MachineFiles& paths,
                 const base::Cancellation& cancellation) {
  fs::write_file_atomically(paths.kernel, request.kernel.image);
  const auto files = program_files();
  fs::write_file_atomically(paths.initramfs,
                            make_initramfs(own_program(), files, request.kernel.modules));
  const std::filesystem::path question = request.directory / "request";
  fs::write_file_atomically(question,
                            encode(GuestRequest{.job = std::string(request.job),
                                                .request = request.request,
                                                .console = architecture().serial_console}));
  HostFiles inputs = request.files;
  for (const std::filesystem::path& file : files)
    inputs.add_file(file);
  for (const char* directory : {"/dev", "/proc", "/sys", k_guest_work})
    inputs.add_directory(directory);
  inputs.add_file_at(question, k_guest_request);
  write_input_disk(inputs.tree(), paths.inputs, cancellation);
  write_work_disk(request.limits.disk, paths.work, cancellation);
  std::filesystem::remove(question);
}

/// Throws machine.odd-answer for what only somebody who may lie can have made.
template <typename Read>
auto believe_nothing(const Read& read) {
  try {
    return read();
  } catch (const base::BugError& error) {
    throw_odd_answer(error.what());
  } catch (const base::Cancelled&) {
    // Nobody can stop it but this process.
    throw_odd_answer("it stopped by itself");
  } catch (const std::bad_alloc&) {
    throw_odd_answer("it speaks of memory that is not its own");
  }
}

/// What messages may point at: configs that the machine was given, and not what they name, such as
/// files of passwords.
sandbox::KnownFile documents_of(const MachineRequest& request) {
  return [&request](const std::string& file) {
    const std::filesystem::path path(file);
    const std::string ending = path.extension().string();
    return (ending == ".yaml" || ending == ".yml" || ending == ".json") && !file.empty() &&
           request.files.has_file(path);
  };
}

/// A machine whose disk cannot grow stands still. Throws base::Error (fs.disk-full,
/// fs.cannot-write) when that is so.
void require_room(const std::filesystem::path& directory) {
  const std::string zeros(base::ByteSize::mib(1).bytes(), '\0');
  const std::filesystem::path trial = directory / "trial";
  try {
    fs::write_file_atomically(trial, zeros);
  } catch (const base::Error& error) {
    base::Diagnostic diagnostic = error.diagnostic();
    diagnostic.context.push_back("while a machine waited that its disk grows there");
    throw base::Error(error.kind(), std::move(diagnostic));
  }
  std::filesystem::remove(trial);
}

/// What was heard while the machine ran.
class Watcher {
public:
  Watcher(const MachineRequest& request, report::Reporter& reporter)
      : request_(request), reader_([&](const std::string& message) {
          has_begun_ = true;
          last_sign_ = Clock::now();
          next_trial_ = k_between_trials;
          if (const auto status =
                  believe_nothing([&] { return relay(message, reporter, documents_of(request)); }))
            status_ = status;
        }) {}

  process::Watch watch(std::string_view text) {
    reader_.take(text);
    const auto silence = Clock::now() - last_sign_;
    if (silence > next_trial_) {
      require_room(request_.directory);
      next_trial_ = silence + k_between_trials;
    }
    if (silence < request_.limits.silence) return process::Watch::keep_running;
    is_silent_ = true;
    return process::Watch::stop;
  }

  std::optional<int> status() const { return status_; }
  bool is_silent() const { return is_silent_; }
  bool has_begun() const { return has_begun_; }
  std::string other_text() const { return reader_.other_text(); }

private:
  /// It says that it lives every five seconds.
  static constexpr Clock::duration k_between_trials = std::chrono::seconds(15);

  const MachineRequest& request_;
  ConsoleReader reader_;
  Clock::duration next_trial_ = k_between_trials; ///< of silence
  Clock::time_point last_sign_ = Clock::now();
  std::optional<int> status_;
  bool has_begun_ = false; ///< it said something
  bool is_silent_ = false;
};

[[noreturn]] void fail(std::string code, std::string message, std::string hint,
                       const std::string& output,
                       base::FailureKind kind = base::FailureKind::build) {
  base::Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  for (const std::string& line : process::last_lines(output, 5))
    diagnostic.context.push_back("the machine said: " + line);
  throw base::Error(kind, std::move(diagnostic));
}

/// QEMU was ended, or could not begin, or its guest ended without saying how its work did.
[[noreturn]] void fail_without_word(const MachineRequest& request,
                                    const process::CommandResult& result, bool has_begun,
                                    const std::string& output) {
  const std::string end = process::describe_end(result);
  constexpr auto k_needs = "a machine needs 1.5 GiB of memory and as much address space, and some "
                           "ten threads: see the limits of this place (ulimit -a, its control "
                           "group), or take another rung: imagewright doctor lists them";
  if (result.signal == SIGKILL)
    fail("machine.died", fmt::format("the machine was killed ({})", end), k_needs, output);
  if (!has_begun && (result.signal || result.exit_code != 0))
    fail("machine.cannot-start", fmt::format("QEMU cannot run a machine here ({})", end), k_needs,
         output, base::FailureKind::host);
  fail("machine.died", fmt::format("the machine ended without a word ({})", end),
       fmt::format("it ran the {}; another one can be named with --machine-kernel",
                   request.kernel.origin),
       output);
}

void require_end(const MachineRequest& request, const process::CommandResult& result,
                 const Watcher& watcher) {
  const std::string output = watcher.other_text() + result.standard_error;
  if (watcher.is_silent() || result.is_timed_out) {
    const auto limit = watcher.is_silent() ? request.limits.silence : request.limits.time;
    fail("machine.timeout",
         fmt::format("the machine {} {} s",
                     watcher.is_silent() ? "gave no sign of life for" : "did not end within",
                     limit.count()),
         "this host may be very slow, or the kernel does not start in a machine: try another one "
         "with --machine-kernel",
         output);
  }
  const auto status = watcher.status();
  if (!status) fail_without_word(request, result, watcher.has_begun(), output);
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return;
  fail("machine.died", fmt::format("the work in the machine was killed (status {})", *status),
       "the machine may have had too little memory for it", output);
}

} // namespace

void throw_odd_answer(const std::string& why) {
  throw base::Error(base::FailureKind::build, "machine.odd-answer",
                    "what came back from the machine is no answer: " + why,
                    "packages may have been made to do harm: use them only if you trust their "
                    "source, and report them there");
}

namespace {

const disk::PartitionEntry& first_of(const disk::PartitionTable& table) {
  if (table.partitions.empty()) throw_odd_answer("its disk has no partition");
  return table.partitions.front();
}

/// Whoever took the machine over may have made another filesystem, or none: the readers of others,
/// and what expands them, are not within its reach.
std::unique_ptr<disk::FilesystemReader> open_work(const fs::ByteSource& partition) {
  auto filesystem = disk::open_filesystem(partition);
  if (filesystem == nullptr || filesystem->facts().type != "ext4")
    throw_odd_answer("its disk has another filesystem, or none");
  return filesystem;
}

} // namespace

struct FinishedMachine::Disk {
  explicit Disk(const std::filesystem::path& path)
      : whole(path), table(disk::read_partition_table(whole)), partition(whole, first_of(table)),
        filesystem(open_work(partition)) {}

  FileSource whole;
  disk::PartitionTable table;
  disk::PartitionSource partition;
  std::unique_ptr<disk::FilesystemReader> filesystem;
};

FinishedMachine::FinishedMachine(std::string answer, const std::filesystem::path& disk)
    : answer_(std::move(answer)), disk_(std::make_unique<Disk>(disk)) {}
FinishedMachine::FinishedMachine(FinishedMachine&&) noexcept = default;
FinishedMachine::~FinishedMachine() = default;

const disk::FilesystemReader& FinishedMachine::work() const {
  return *disk_->filesystem;
}

namespace {

FinishedMachine finished(const MachineRequest& request, const std::filesystem::path& disk) {
  const FinishedMachine machine({}, disk);
  if (request.on_end) request.on_end(machine.work());
  auto text = machine.work().read(k_answer_on_disk, k_largest_answer);
  if (!text || text->empty()) {
    throw base::Error(base::FailureKind::build, "machine.died", "the machine gave no answer",
                      "its disk may be full: see the free space beside the output directory");
  }
  const auto kind = static_cast<AnswerKind>(text->front());
  text->erase(0, 1);
  if (kind != AnswerKind::done)
    believe_nothing([&] { sandbox::throw_decoded(*text, documents_of(request)); });
  return {std::move(*text), disk};
}

} // namespace

FinishedMachine run_in_machine(const MachineRequest& request, report::Reporter& reporter,
                               const base::Cancellation& cancellation) {
  const Files files(request.directory);
  write_files(request, files.paths(), cancellation);
  Watcher watcher(request, reporter);
  process::HostCommandRunner programs(cancellation);
  const process::CommandResult result = programs.run(
      {.argv = machine_arguments(architecture(), boot::best_accelerator(architecture()),
                                 request.limits, files.paths()),
       .description = "run a machine",
       .environment = {{"TMPDIR", std::filesystem::absolute(request.directory).string()}},
       .timeout = request.limits.time,
       .output_limit = base::ByteSize::kib(64),
       .log_file = request.console_log,
       .watch_output = [&](std::string_view text) { return watcher.watch(text); }});
  require_end(request, result, watcher);
  std::error_code ignored;
  std::filesystem::remove(request.console_log, ignored);
  return finished(request, files.paths().work);
}

std::optional<MachineObstacle> find_machine_obstacle() {
  const model::Architecture* host = model::host_architecture();
  if (host == nullptr)
    return MachineObstacle{"nothing is known of this host's architecture",
                           "compose on x86_64 or aarch64"};
  if (process::find_program(host->qemu.program)) return std::nullopt;
  return MachineObstacle{host->qemu.program + " is not installed",
                         process::how_to_install(host->qemu.program)};
}

} // namespace imagewright::machine
