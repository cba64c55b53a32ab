// SPDX-License-Identifier: MIT
#pragma once

// Everything in which processor architectures differ, as data. No stage asks "which architecture is
// it".

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/uuid.hpp>

namespace imagewright::model {

/// GPT partition types of the Discoverable Partitions Specification that depend on the
/// architecture.
struct PartitionTypes {
  base::Uuid root;
  base::Uuid root_verity;
  base::Uuid usr;
  base::Uuid usr_verity;

  bool operator==(const PartitionTypes&) const = default;
};

/// How QEMU is started for it.
struct QemuMachine {
  std::string program;            ///< "qemu-system-x86_64"
  std::string machine;            ///< "q35"
  std::string emulated_processor; ///< without hardware virtualization: "max,erms=off"
  /// Pairs of UEFI code and variable store that may exist on a host, best first.
  struct Firmware {
    std::string code;
    std::string variables;

    bool operator==(const Firmware&) const = default;
  };
  std::vector<Firmware> firmware;

  bool operator==(const QemuMachine&) const = default;
};

/// How the host kernel recognises its programs (binfmt_misc) and what runs them elsewhere.
struct Emulator {
  std::string program; ///< "qemu-aarch64-static"
  std::string magic;   ///< binfmt_misc magic, with \x escapes
  std::string mask;

  bool operator==(const Emulator&) const = default;
};

/// Where programs of an architecture look for what they need before they run.
struct ProgramLoading {
  std::string loader;                 ///< the dynamic loader: "/lib64/ld-linux-x86-64.so.2"
  std::vector<std::string> libraries; ///< directories of libraries that distributions use

  bool operator==(const ProgramLoading&) const = default;
};

/// One processor architecture.
struct Architecture {
  std::string name; ///< ours and RPM's: "x86_64", "aarch64"
  std::vector<std::string>
      rpm_accepts;            ///< RPM architectures that install on it, best first, with "noarch"
  std::string container_name; ///< what images of containers call it: "amd64", "arm64"
  std::string cosi_name;      ///< what COSI files call it: "x86_64", "arm64"
  std::string efi_name;       ///< the suffix that UEFI uses: "x64", "aa64"
  std::string removable_media_loader; ///< UEFI 2.10, section 3.5.1.1: "BOOTX64.EFI"
  std::string serial_console;         ///< "ttyS0", "ttyAMA0"
  bool can_boot_legacy_bios = false;
  /// What the kernel keeps of its command line: COMMAND_LINE_SIZE without the byte that ends it.
  std::size_t kernel_command_line_bytes = 2047;
  PartitionTypes partition_types;
  QemuMachine qemu;
  Emulator emulator;
  ProgramLoading loading;

  bool operator==(const Architecture&) const = default;
};

/// All architectures that images can be composed for, sorted by name.
std::span<const Architecture> all_architectures();
/// By name; nothing when it is not known.
const Architecture* find_architecture(std::string_view name);
/// By name. Throws base::BugError: user input is validated before.
const Architecture& architecture(std::string_view name);
/// The architecture that this program was compiled for; null when images cannot be composed for it.
const Architecture* host_architecture();

} // namespace imagewright::model
