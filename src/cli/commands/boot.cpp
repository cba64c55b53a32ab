// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/boot/boot_image.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/boot_artifact.hpp>

#include "../checked_file.hpp"
#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct BootWords {
  std::string image;
  std::string manifest;
  std::string accelerator = "auto";
  std::string firmware = "auto";
  std::string serial_log;
  std::string seed;
  unsigned timeout = 900;
  unsigned memory = 1024;
  std::string junit;
  unsigned port = 0;
  bool is_console = false;
  bool is_ssh = false;
  bool is_shell = false;
  bool prints_command = false;
  bool has_tpm = false;
  bool is_json = false;
};

/// Somebody who builds and boots gives the config to both.
void refuse_config(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".yaml" || extension == ".yml") {
    throw base::Error(
        base::FailureKind::input, "cli.not-an-image",
        fmt::format("{} is a config, not an image", base::quoted(path)),
        fmt::format("compose its image first: imagewright build {}", base::shell_word(path)));
  }
  if (extension == ".json") {
    throw base::Error(base::FailureKind::input, "cli.not-an-image",
                      fmt::format("{} is no image", base::quoted(path)),
                      "give the image; its manifest is found beside it, or given by --manifest");
  }
}

std::optional<boot::SessionKind> session_of(const BootWords& words) {
  if (words.is_console) return boot::SessionKind::console;
  if (words.is_ssh) return boot::SessionKind::ssh;
  if (words.is_shell) return boot::SessionKind::shell;
  return std::nullopt;
}

ExitCode run_session(const pipeline::BootOptions& options, boot::SessionKind kind,
                     const BootWords& words, const CommandContext& context) {
  const boot::SessionRequest session{
      .kind = kind,
      .port = static_cast<std::uint16_t>(words.port),
      .announce = [&](const std::string& text) { context.console.print(text + "\n"); }};
  const int code = pipeline::run_boot_session(options, session, context.services());
  return code == 0 ? ExitCode::done : ExitCode::build_failed;
}

ExitCode run_boot(const BootWords& words, const CommandContext& context) {
  refuse_config(words.image);
  input_file(words.image, "image");
  if (!words.manifest.empty()) input_file(words.manifest, "manifest");
  pipeline::BootOptions options{.image = words.image,
                                .manifest = words.manifest,
                                .serial_log = words.serial_log,
                                .timeout = std::chrono::seconds(words.timeout),
                                .memory = base::ByteSize::mib(words.memory),
                                .seed = words.seed};
  if (words.has_tpm) options.tpm = boot::TpmUse::emulated;
  if (words.accelerator == "tcg") options.accelerator = boot::Accelerator::emulation;
  if (words.accelerator == "kvm") options.accelerator = boot::Accelerator::kvm;
  if (words.firmware == "uefi") options.firmware = boot::Firmware::uefi;
  if (words.firmware == "bios") options.firmware = boot::Firmware::legacy_bios;
  if (words.has_tpm && (words.prints_command || session_of(words))) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "--tpm is for the checks: nobody compares registers in a session",
                      "leave --tpm out, or --console, --ssh, --shell and --print-command");
  }
  if (words.prints_command) {
    context.console.print(base::shell_command(pipeline::boot_command(options)) + "\n");
    return ExitCode::done;
  }
  if (const auto kind = session_of(words)) return run_session(options, *kind, words, context);
  std::optional<CheckedFile> subject;
  if (words.is_json) subject.emplace(options.image);
  const boot::BootReport report = pipeline::boot_artifact(options, context.services());
  if (!words.junit.empty()) {
    fs::write_file_atomically(words.junit,
                              boot::to_junit(report, options.image.filename().string()));
  }
  context.console.print(subject ? json::to_text(subject->named_in(boot::to_json(report)))
                                : boot::to_text(report));
  return report.has_failures() ? ExitCode::verification_failed : ExitCode::done;
}

} // namespace

Command boot_command() {
  const auto words = std::make_shared<BootWords>();
  Command command{.name = "boot",
                  .summary = "Boot an image in QEMU and check it against what its config promised"};
  command.arguments = {
      {.value = "IMAGE",
       .description = "An image file that build has written",
       .target = &words->image,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--manifest"},
       .value = "FILE",
       .description = "The image's manifest, by default NAME-ARCH.manifest.json beside it",
       .target = &words->manifest,
       .completes = Completes::files},
      {.names = {"--accel"},
       .value = "ACCEL",
       .description = "What executes the guest: KVM where it runs guests, else emulation (auto)",
       .target = &words->accelerator,
       .choices = {"auto", "kvm", "tcg"}},
      {.names = {"--console"},
       .description = "Check nothing: the guest's serial console is this terminal",
       .target = &words->is_console,
       .excludes = "--ssh"},
      {.names = {"--ssh"},
       .value = "PORT",
       .description = "Check nothing: print the ssh command that logs in as root, with a key for "
                      "this boot alone, and run until interrupted; PORT of this host, by default "
                      "a free one",
       .target = &words->port,
       .range = std::pair{std::int64_t{1}, std::int64_t{65535}},
       .has_optional_value = true,
       .excludes = "--shell",
       .is_given = &words->is_ssh},
      {.names = {"--shell"},
       .description = "Check nothing: log in as root over ssh; the machine ends with that shell",
       .target = &words->is_shell,
       .excludes = "--console"},
      {.names = {"--print-command"},
       .description = "Print the QEMU command instead of running it",
       .target = &words->prints_command,
       .excludes = "--seed"},
      {.names = {"--seed"},
       .value = "DIR",
       .description = "Give cloud-init in the guest the user-data of DIR, and its meta-data, "
                      "vendor-data and network-config where they are there",
       .target = &words->seed,
       .completes = Completes::directories},
      {.names = {"--junit"},
       .value = "FILE",
       .description = "Write the report as JUnit's XML as well",
       .target = &words->junit,
       .completes = Completes::files},
      {.names = {"--firmware"},
       .value = "KIND",
       .description = "Firmware of the virtual machine",
       .target = &words->firmware,
       .choices = {"auto", "uefi", "bios"}},
      {.names = {"--tpm"},
       .description = "Give the machine a TPM (swtpm), and compare its registers with what "
                      "\"measure\" says of the image",
       .target = &words->has_tpm},
      {.names = {"--timeout"},
       .value = "SECONDS",
       .description = "When the boot counts as failed",
       .target = &words->timeout,
       .range = std::pair{std::int64_t{1}, std::int64_t{86400}}},
      {.names = {"--memory"},
       .value = "MIB",
       .description = "Memory of the virtual machine in MiB",
       .target = &words->memory,
       .range = std::pair{std::int64_t{128}, std::int64_t{1048576}}},
      {.names = {"--serial-log"},
       .value = "FILE",
       .description = "Where the guest's console is recorded, by default IMAGE.serial.log",
       .target = &words->serial_log,
       .completes = Completes::files},
      json_argument(words->is_json, "Print the report as JSON")};
  command.notes =
      "The image is not changed: what the guest writes is thrown away.\n"
      "For --ssh and --shell the image needs an SSH server, DHCP, and systemd 252 or newer, "
      "which takes the key as a credential.\n"
      "Exits with 5 when the running system is not what its config promised.";
  command.examples = {
      {"imagewright boot out/node-x86_64.qcow2", "Boot what build has written, and check it"},
      {"imagewright boot --junit boot.xml out/node-x86_64.qcow2", "A report for a CI service"},
      {"imagewright boot --tpm out/node-x86_64.qcow2", "Does a TPM hold what was predicted?"},
      {"imagewright boot out/node-x86_64.qcow2 --shell", "Look around in it"},
      {"imagewright boot out/node-x86_64.qcow2 --seed seed --ssh",
       "With what cloud-init makes of seed/user-data"}};
  command.action = [words](const CommandContext& context) { return run_boot(*words, context); };
  return command;
}

} // namespace imagewright::cli
