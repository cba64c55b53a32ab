// SPDX-License-Identifier: MIT
#pragma once

// Boots an image in QEMU and asks the running system whether its policy holds.

#include <imagewright/boot/boot_report.hpp>
#include <imagewright/boot/boot_request.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::boot {

/// Starts the image behind a throw-away overlay that also holds a one-shot service with the
/// questions, and waits for the guest to power itself off. Checks that do not hold are rows of the
/// report. Throws base::Error: boot.timeout, boot.kernel-panic, boot.emergency-mode,
/// boot.not-bootable, boot.no-answers (verification); boot.firmware-missing,
/// boot.cannot-carry-probe, process.missing-tool (host); boot.qemu-failed (build).
BootReport boot_image(const BootRequest& request, process::CommandRunner& runner,
                      report::Reporter& reporter);

} // namespace imagewright::boot
