// SPDX-License-Identifier: MIT
#pragma once

// Which image to boot, how, and what must be true in the running system.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::boot {

/// What executes the guest's instructions.
enum class Accelerator : std::uint8_t {
  emulation, ///< works everywhere
  kvm,       ///< needs /dev/kvm and a guest of the host's architecture
};

enum class Firmware : std::uint8_t { uefi, legacy_bios };

/// Whether the machine has a TPM, new with each boot.
enum class TpmUse : std::uint8_t { none, emulated };

/// Where the root file system is on the disk.
struct RootPartition {
  base::ByteSize start;
  base::ByteSize size;
  model::FilesystemType filesystem = model::FilesystemType::ext4;

  bool operator==(const RootPartition&) const = default;
};

/// The partition that a layout mounts at "/"; nothing when it has none.
std::optional<RootPartition> find_root_partition(const model::DiskLayout& layout);

/// How the guest gets the questions.
enum class QuestionCarrier : std::uint8_t {
  root_filesystem, ///< an overlay over the image has them in its root file system
  credential,      ///< nothing of the image changes: systemd 252 and newer gets a credential
};

/// One boot. The image file is only read.
struct BootRequest {
  std::filesystem::path image;
  model::ImageFormat format = model::ImageFormat::raw;
  model::Architecture architecture;
  RootPartition root;
  QuestionCarrier carrier = QuestionCarrier::root_filesystem;
  /// From the image's manifest.
  std::vector<model::Check> checks;
  Accelerator accelerator = Accelerator::emulation;
  Firmware firmware = Firmware::uefi;
  TpmUse tpm = TpmUse::none;
  base::ByteSize memory = base::ByteSize::gib(1);
  std::uint32_t processor_count = 2;
  /// From the start of the machine to its power-off.
  std::chrono::seconds timeout{600};
  /// Where temporary files may be made: about the size of the image's content.
  std::filesystem::path work_directory;
  /// A raw disk that is given to the guest beside the image, to be read alone; empty: none.
  std::filesystem::path seed = {};
  /// Receives everything that the guest says on its serial console; replaced when it exists.
  std::filesystem::path serial_log;
};

} // namespace imagewright::boot
