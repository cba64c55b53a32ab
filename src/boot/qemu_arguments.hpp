// SPDX-License-Identifier: MIT
#pragma once

// The command lines of QEMU's programs, from plain values.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/boot/boot_request.hpp>

namespace imagewright::boot {

/// The name of the port on which the guest answers.
inline constexpr std::string_view k_answer_port = "org.imagewright.probe";

/// The files of one virtual machine.
struct MachineFiles {
  std::filesystem::path overlay;
  std::filesystem::path answers;
  /// A disk with the questions; empty: they are in the overlay.
  std::filesystem::path questions = {};
  /// Arguments for the TPM beside it; empty: it has none.
  std::vector<std::string> tpm = {};
  /// Absent: the machine's legacy BIOS.
  std::optional<model::QemuMachine::Firmware> firmware;
};

/// A value inside a comma-separated option of QEMU: commas are doubled.
std::string option_value(const std::string& text);

/// The name of the block driver that reads a format of disks.
std::string block_driver(model::ImageFormat format);

/// Accelerator, processors and memory.
std::vector<std::string> processor_arguments(const BootRequest& request);

/// A credential of systemd, in the tables of the machine's firmware.
std::vector<std::string> credential_arguments(const std::string& name, const std::string& content);

/// The guest's second disk, if there is one: behind every other device, so that no network card
/// gets another name for its sake.
std::vector<std::string> seed_arguments(const BootRequest& request);

std::vector<std::string> machine_arguments(const BootRequest& request, const MachineFiles& files);

/// `qemu-img create` of an empty overlay over the image.
std::vector<std::string> overlay_arguments(const BootRequest& request,
                                           const std::filesystem::path& overlay);

/// `qemu-img convert` of the root partition to a raw file.
std::vector<std::string> extraction_arguments(const BootRequest& request,
                                              const std::filesystem::path& root);

/// `qemu-img convert` of that raw file to the partition's place in the overlay.
std::vector<std::string> insertion_arguments(const BootRequest& request,
                                             const std::filesystem::path& root,
                                             const std::filesystem::path& overlay);

} // namespace imagewright::boot
