// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstring>

#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/process/program_image.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/sandbox.hpp>

#include "emulation_paths.hpp"
#include "launch.hpp"

namespace imagewright::sandbox {

namespace {

/// A program that the kernel ended has not failed by itself.
void throw_if_for_memory(const process::CommandResult& result, const Launched& launched) {
  try {
    process::require_success(result);
  } catch (const base::Error& error) {
    // What it ran and wrote is told as of any other end.
    const base::Diagnostic& end = error.diagnostic();
    auto found = find_memory_kill(end.message, launched.memory_kills);
    if (!found) return;
    found->context = end.context;
    found->log = end.log;
    throw base::Error(base::FailureKind::build, std::move(*found));
  }
}

/// What the builder said before the end; the last word on how the program fared.
void apply_records(process::CommandResult& result, const process::Command& command,
                   const Launched& launched) {
  RecordReader reader(launched.channel.get());
  bool has_end = false;
  while (const auto record = reader.receive(Waiting::none)) {
    throw_if_setup_failed(*record);
    if (record->kind == RecordKind::start_failed) {
      process::StartFailure failure;
      std::memcpy(&failure, record->payload.data(), sizeof failure);
      process::throw_start_failure(command, failure);
    }
    if (record->kind != RecordKind::ended) continue;
    has_end = true;
    const auto status = static_cast<int>(ByteReader(record->payload).number());
    result.exit_code.reset();
    result.signal.reset();
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  }
  if (has_end) {
    if (!result.is_timed_out && !result.is_stopped_by_watch && result.signal == SIGKILL)
      throw_if_for_memory(result, launched);
    return;
  }
  if (!result.is_timed_out && !result.is_stopped_by_watch)
    throw_died("the program had ended", launched.memory_kills);
  result.exit_code.reset();
  result.signal = SIGKILL;
}

/// The first program would fail with a status that is its own affair.
void require_programs_may_run(const std::filesystem::path& root) {
  struct statvfs status {};
  if (::statvfs(root.c_str(), &status) != 0 || (status.f_flag & ST_NOEXEC) == 0) return;
  throw base::Error(base::FailureKind::host, "sandbox.no-programs",
                    fmt::format("the filesystem of {} lets no program run (it is mounted with "
                                "noexec), and packages bring programs that must",
                                base::quoted(root.string())),
                    "choose another directory with --output-dir, or mount it without noexec");
}

/// Every program of the root opens these before it does anything, and would wait there for its
/// time.
void require_no_pipes(const std::filesystem::path& path) {
  const fs::RootDir root(path);
  for (const char* opened : {"/etc/ld.so.cache", "/etc/ld.so.preload"}) {
    const auto status = root.find_target_status(opened);
    if (!status || status->type != fs::FileType::fifo) continue;
    throw base::Error(
        base::FailureKind::build, "sandbox.pipe-in-the-way",
        fmt::format("no program of the image can run: {} in it is a pipe", base::quoted(opened)),
        "a script put it there: correct the script, or report it to whoever builds "
        "the packages");
  }
}

void require_absolute(const std::string& target) {
  if (target.starts_with('/') && target.size() > 1 && target.find("/../") == std::string::npos)
    return;
  throw base::BugError("a bind mount's target is not an absolute path: " + target);
}

} // namespace

std::map<std::string, std::string> sandbox_environment(base::Epoch epoch) {
  return {{"PATH", std::string(process::k_program_path)},
          {"HOME", "/root"},
          {"LC_ALL", "C.UTF-8"},
          // What is for a running system's manager is for a later boot.
          {"SYSTEMD_OFFLINE", "1"},
          {"SOURCE_DATE_EPOCH", fmt::format("{}", epoch.time_since_epoch().count())}};
}

Sandbox::Sandbox(SandboxOptions options, const base::Cancellation& cancellation)
    : options_(std::move(options)), cancellation_(cancellation) {
  if (!std::filesystem::is_directory(options_.root)) {
    throw base::Error(
        base::FailureKind::build, "sandbox.no-root",
        fmt::format("the image root {} is not a directory", base::quoted(options_.root.string())));
  }
  options_.root = std::filesystem::canonical(options_.root);
  require_programs_may_run(options_.root);
  if (options_.emulator && !options_.emulator->directory.empty()) {
    options_.bind_mounts.push_back({.source = options_.emulator->directory,
                                    .target = k_emulation_directory,
                                    .access = BindAccess::writable});
  }
  for (const BindMount& bind : options_.bind_mounts) {
    require_absolute(bind.target);
    if (std::filesystem::exists(bind.source)) continue;
    throw base::Error(
        base::FailureKind::build, "sandbox.no-bind-source",
        fmt::format("{}, which is to be visible as {} inside the image root, does not exist",
                    base::quoted(bind.source.string()), base::quoted(bind.target)));
  }
}

process::CommandResult Sandbox::run(const process::Command& given) {
  cancellation_.check();
  require_no_pipes(options_.root);
  process::Command command = given;
  // Nothing that runs in a root runs for ever.
  command.timeout = std::min(command.timeout.value_or(options_.time_limit), options_.time_limit);
  ProgramWork work{.argv = command.argv,
                   .environment = command.environment,
                   .working_directory = command.working_directory.string()};
  work.environment.merge(sandbox_environment(options_.epoch));
  const fs::UniqueFd input = process::open_standard_input(command);
  process::Pipe output = process::make_pipe();
  process::Pipe error = process::make_pipe();
  Launched launched =
      launch(options_, {.streams = {input.get(), output.write_end.get(), error.write_end.get()},
                        .descriptors = {},
                        .work = std::move(work)});
  output.write_end.reset();
  error.write_end.reset();
  process::CommandResult result =
      process::supervise(command, std::move(launched.child),
                         {std::move(output.read_end), std::move(error.read_end)}, cancellation_);
  apply_records(result, command, launched);
  return result;
}

} // namespace imagewright::sandbox
