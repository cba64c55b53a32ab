// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/boot/boot_image.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/boot_artifact.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct BootWords {
  std::string image;
  std::string manifest;
  std::string accelerator = "tcg";
  std::string firmware = "auto";
  std::string serial_log;
  unsigned timeout = 900;
  unsigned memory = 1024;
  bool is_json = false;
};

ExitCode run_boot(const BootWords& words, const CommandContext& context) {
  pipeline::BootOptions options{.image = words.image,
                                .manifest = words.manifest,
                                .serial_log = words.serial_log,
                                .timeout = std::chrono::seconds(words.timeout),
                                .memory = base::ByteSize::mib(words.memory)};
  if (words.accelerator == "kvm") options.accelerator = boot::Accelerator::kvm;
  if (words.firmware == "uefi") options.firmware = boot::Firmware::uefi;
  if (words.firmware == "bios") options.firmware = boot::Firmware::legacy_bios;
  const boot::BootReport report = pipeline::boot_artifact(options, context.services());
  context.console.print(words.is_json ? json::to_text(boot::to_json(report))
                                      : boot::to_text(report));
  return report.has_failures() ? ExitCode::verification_failed : ExitCode::done;
}

} // namespace

RegisteredCommand add_boot_command(CLI::App& application) {
  const auto words = std::make_shared<BootWords>();
  CLI::App* parser = application.add_subcommand(
      "boot", "Boot the image in QEMU and check it against what its config promised");
  parser->add_option("IMAGE", words->image, "An image file that build has written")->required();
  parser->add_option("--manifest", words->manifest,
                     "The image's manifest (default: NAME-ARCH.manifest.json beside it)");
  parser->add_option("--accel", words->accelerator, "QEMU accelerator")
      ->check(CLI::IsMember({"tcg", "kvm"}))
      ->capture_default_str();
  parser->add_option("--firmware", words->firmware, "Firmware of the virtual machine")
      ->check(CLI::IsMember({"auto", "uefi", "bios"}))
      ->capture_default_str();
  parser->add_option("--timeout", words->timeout, "Seconds until the boot counts as failed")
      ->check(CLI::Range(1U, 86400U))
      ->capture_default_str();
  parser->add_option("--memory", words->memory, "Memory of the virtual machine in MiB")
      ->check(CLI::Range(128U, 1048576U))
      ->capture_default_str();
  parser->add_option("--serial-log", words->serial_log,
                     "Where the guest's console is recorded (default: IMAGE.serial.log)");
  parser->add_flag("--json", words->is_json, "Print the report as JSON");
  parser->footer("The image is not changed: the guest writes to a throw-away overlay.\n"
                 "Exits with 5 when the running system is not what its config promised.");
  return {parser, [words](const CommandContext& context) { return run_boot(*words, context); }};
}

} // namespace imagewright::cli
