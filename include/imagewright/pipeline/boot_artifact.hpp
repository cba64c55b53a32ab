// SPDX-License-Identifier: MIT
#pragma once

// Boots an image of ours and holds it against its manifest.

#include <chrono>
#include <filesystem>
#include <optional>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/boot/boot_report.hpp>
#include <imagewright/boot/boot_request.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

struct BootOptions {
  std::filesystem::path image;
  std::filesystem::path manifest;   ///< empty: NAME-ARCH.manifest.json beside the image
  std::filesystem::path serial_log; ///< empty: the image's path with ".serial.log"
  boot::Accelerator accelerator = boot::Accelerator::emulation;
  std::optional<boot::Firmware>
      firmware; ///< absent: UEFI when the disk has an EFI system partition
  std::chrono::seconds timeout{900};
  base::ByteSize memory = base::ByteSize::gib(1);
};

/// Throws base::Error (boot.…, audit.manifest-damaged, pipeline.no-manifest).
boot::BootReport boot_artifact(const BootOptions& options, const plan::Services& services);

} // namespace imagewright::pipeline
