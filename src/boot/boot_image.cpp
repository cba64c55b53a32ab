// SPDX-License-Identifier: MIT
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/boot/boot_image.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "boot/evaluate.hpp"
#include "boot/firmware.hpp"
#include "boot/probe_credential.hpp"
#include "boot/probe_disk.hpp"
#include "boot/qemu_arguments.hpp"
#include "boot/serial_watch.hpp"
#include "boot/tpm.hpp"

namespace imagewright::boot {

namespace {

constexpr std::size_t k_quoted_lines = 15;

struct Failure {
  base::FailureKind kind = base::FailureKind::verification;
  std::string code;
  std::string message;
  std::string hint;
};

/// What a terminal would show, without the lines on which it would show nothing.
std::string plain_lines(const std::string& text) {
  std::string plain;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string shown = without_escapes(line);
    if (!base::trimmed(shown).empty()) plain += shown + "\n";
  }
  return plain;
}

[[noreturn]] void throw_failure(Failure failure, const BootRequest& request,
                                const std::string& said) {
  base::Diagnostic diagnostic;
  diagnostic.code = std::move(failure.code);
  diagnostic.message = std::move(failure.message);
  for (const std::string& line : process::last_lines(plain_lines(said), k_quoted_lines)) {
    diagnostic.context.push_back("while it wrote: " + line);
  }
  diagnostic.hint = std::move(failure.hint);
  if (!request.serial_log.empty()) {
    if (!diagnostic.hint.empty()) diagnostic.hint += "; ";
    diagnostic.log = request.serial_log.string();
    diagnostic.hint += "the whole console is in " + diagnostic.log;
  }
  throw base::Error(failure.kind, std::move(diagnostic));
}

Failure failure_of(BootStop stop) {
  switch (stop) {
  case BootStop::kernel_panic:
    return {.code = "boot.kernel-panic",
            .message = "the kernel of the image panicked",
            .hint = "often the root file system's driver is missing from the initramfs, or root= "
                    "names another file system"};
  case BootStop::emergency_mode:
    return {.code = "boot.emergency-mode",
            .message = "the image started into emergency mode",
            .hint = "look for the first failed mount or unit on the console"};
  case BootStop::not_bootable:
    return {.code = "boot.not-bootable",
            .message = "the firmware could not start anything from the image",
            .hint = "check that the EFI system partition has the loader of this architecture, and "
                    "the kernel and initramfs that its entry names"};
  }
  return {};
}

process::Command machine_command(const BootRequest& request, const MachineFiles& files) {
  process::Command command;
  command.argv = machine_arguments(request, files);
  command.description = "boot the image in QEMU";
  command.working_directory = files.overlay.parent_path();
  command.timeout = request.timeout;
  command.log_file = request.serial_log;
  return command;
}

void prepare_serial_log(const std::filesystem::path& path) {
  if (path.empty()) return;
  std::filesystem::create_directories(std::filesystem::absolute(path).parent_path());
  // /dev/stderr and its like stay what they are.
  if (std::filesystem::is_regular_file(path)) std::filesystem::remove(path);
}

process::CommandResult run_machine(const BootRequest& request, const MachineFiles& files,
                                   SerialWatch& watch, process::CommandRunner& runner,
                                   report::Reporter& reporter) {
  report::StageScope stage(reporter, "boot", request.image.filename().string());
  process::Command command = machine_command(request, files);
  std::optional<Reminder> reminder;
  if (!files.questions.empty()) reminder.emplace(files.questions.parent_path());
  command.watch_output = [&](std::string_view text) {
    const auto stop = watch.see(text);
    stage.progress({.current = watch.last_line()});
    if (reminder) reminder->remind();
    return stop ? process::Watch::stop : process::Watch::keep_running;
  };
  prepare_serial_log(request.serial_log);
  return runner.run(command);
}

/// The virtio port's file, or the serial console for guests without its driver.
Answers collect_answers(const MachineFiles& files, const process::CommandResult& result) {
  Answers answers = parse_answers(fs::find_file(files.answers).value_or(""));
  if (answers.is_complete) return answers;
  Answers from_console = parse_answers(result.standard_output);
  return from_console.by_key.size() > answers.by_key.size() ? from_console : answers;
}

void require_ended_well(const BootRequest& request, const process::CommandResult& result,
                        const SerialWatch& watch, const Answers& answers) {
  // A guest that has told everything has booted; that it does not go down becomes a row of the
  // report.
  if (answers.is_complete && (result.is_timed_out || result.is_success())) return;
  if (watch.found()) throw_failure(failure_of(*watch.found()), request, result.standard_output);
  if (result.is_timed_out) {
    throw_failure(
        {.code = "boot.timeout",
         .message = fmt::format("the image gave no answers within {} s", request.timeout.count()),
         .hint = "emulation is slow: allow more time, or look where the boot hangs"},
        request, result.standard_output);
  }
  if (!result.is_success()) {
    throw_failure({.kind = base::FailureKind::build,
                   .code = "boot.qemu-failed",
                   .message = "QEMU failed: " + process::describe_end(result)},
                  request, result.standard_error);
  }
  throw_failure({.code = "boot.no-answers",
                 .message = "the machine went down before all answers had come",
                 .hint = "the guest needs systemd, a POSIX shell and coreutils for answering"},
                request, result.standard_output);
}

} // namespace

BootReport boot_image(const BootRequest& request, process::CommandRunner& runner,
                      report::Reporter& reporter) {
  std::filesystem::create_directories(request.work_directory);
  const fs::TemporaryDirectory directory(std::filesystem::absolute(request.work_directory),
                                         "imagewright-boot-");
  MachineFiles files;
  files.firmware = prepare_firmware(request, directory.path());
  files.answers = directory.path() / "answers";
  {
    const report::StageScope stage(reporter, "boot-prepare", request.image.filename().string());
    switch (request.carrier) {
    case QuestionCarrier::root_filesystem:
      files.overlay = make_probe_disk(request, directory.path(), runner);
      break;
    case QuestionCarrier::credential:
      make_probe_beside(request, directory.path(), files, runner);
      break;
    }
  }
  std::optional<Tpm> tpm;
  if (request.tpm == TpmUse::emulated)
    files.tpm = tpm.emplace(runner).arguments(request.architecture.qemu);
  SerialWatch watch;
  const process::CommandResult result = run_machine(request, files, watch, runner, reporter);
  const Answers answers = collect_answers(files, result);
  require_ended_well(request, result, watch, answers);

  BootReport report;
  report.facts = facts_of(answers);
  report.rows = evaluate(request.checks, report.facts, answers);
  if (result.is_timed_out) {
    report.rows.push_back({"the machine powers off", "powered off",
                           fmt::format("still up after {} s", request.timeout.count()),
                           RowOutcome::failed});
  }
  report.serial_log = request.serial_log;
  report.duration = result.duration;
  return report;
}

} // namespace imagewright::boot
