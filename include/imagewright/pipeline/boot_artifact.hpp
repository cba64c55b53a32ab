// SPDX-License-Identifier: MIT
#pragma once

// Boots an image of ours and holds it against its manifest.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/boot/boot_report.hpp>
#include <imagewright/boot/boot_request.hpp>
#include <imagewright/boot/session.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

struct BootOptions {
  std::filesystem::path image;
  std::filesystem::path manifest;               ///< empty: NAME-ARCH.manifest.json beside the image
  std::filesystem::path serial_log;             ///< empty: the image's path with ".serial.log"
  std::optional<boot::Accelerator> accelerator; ///< absent: the best that works here
  std::optional<boot::Firmware>
      firmware; ///< absent: UEFI when the disk has an EFI system partition
  std::chrono::seconds timeout{900};
  base::ByteSize memory = base::ByteSize::gib(1);
  /// With one, its registers are compared with what the image lets expect.
  boot::TpmUse tpm = boot::TpmUse::none;
  /// A directory with user-data for cloud-init; empty: none.
  std::filesystem::path seed = {};
};

/// Throws base::Error (boot.…, audit.manifest-damaged, pipeline.no-manifest).
boot::BootReport boot_artifact(const BootOptions& options, const plan::Services& services);

/// A machine for a person, with the image's own architecture and firmware. Throws as boot_artifact.
int run_boot_session(const BootOptions& options, const boot::SessionRequest& session,
                     const plan::Services& services);
/// What QEMU is started with, for people to copy.
std::vector<std::string> boot_command(const BootOptions& options);

} // namespace imagewright::pipeline
