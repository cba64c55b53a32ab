// SPDX-License-Identifier: MIT
#pragma once

// What the programs that start a system measure, one function for each of them.

#include <string>
#include <string_view>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/fs/byte_source.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/measure/measurement.hpp>

#include "efi_program.hpp"
#include "secure_boot.hpp"
#include "shim.hpp"

namespace imagewright::measure {

/// Of the EFI system partition.
inline constexpr std::string_view k_esp_type = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";

/// The machine that starts the image, as far as anything is known of it.
struct Machine {
  EventLog log;
  /// Absent: nothing is known of the firmware's variables.
  std::optional<SecureBoot> secure_boot;
  /// What the firmware has started, where that is shim.
  std::optional<Shim> shim;

  /// Firmware starts a program or lets one be started.
  void start(const EfiProgram& program, const std::string& name);
  bool is_secure() const { return secure_boot && secure_boot->is_on(); }
};

/// What systemd's programs say of themselves: "LoaderInfo: systemd-boot 252.39".
struct LoaderWord {
  std::string name;    ///< "systemd-boot", "systemd-stub"; empty: another program
  std::string version; ///< "252.39"
  unsigned release = 0;

  bool operator==(const LoaderWord&) const = default;
};

LoaderWord word_of(const EfiProgram& program);

/// Null-terminated UTF-16, as load options are; nothing when the text is not ASCII.
std::optional<std::string> as_load_options(std::string_view text);

/// The table that firmware reads when it starts something from the disk.
void measure_partition_table(const fs::ByteSource& disk, std::uint32_t sector_size, EventLog& log);

/// Linux's own EFI stub: its load options, when there are any, and the initial RAM disk.
void measure_kernel_stub(std::string_view kernel, const std::optional<std::string>& options,
                         std::string_view initramfs, EventLog& log);

/// Whether it is known what this stub measures.
bool is_known_stub(const LoaderWord& word);

/// What a stub measures of the program that it is in. `public_key` is that of a section .pcrpkey
/// which the program does not have yet; absent: it gets none.
void measure_sections(const EfiProgram& program, const LoaderWord& stub,
                      const std::optional<std::string>& public_key, EventLog& log);

/// A unified kernel image that `started_by` starts.
void measure_unified_kernel(std::string_view bytes, const std::string& name,
                            const LoaderWord& started_by, Machine& machine);

/// systemd-boot with an entry of the EFI system partition; gives the entry's path there.
std::string measure_systemd_boot(const disk::FilesystemReader& esp, const LoaderWord& word,
                                 const std::string& wanted_entry, Machine& machine);

/// Does the program say that it is GRUB (in its section .sbat)?
bool is_grub(const EfiProgram& program);

/// GRUB that loads the kernel itself, with Secure Boot by shim's leave: every file that it opens
/// and every command that it executes. `bytes` are the program's. Gives the name of the menu's
/// entry.
std::string measure_grub(const inspect::OpenedImage& image, const EfiProgram& program,
                         std::string_view bytes, const std::string& wanted_entry, Machine& machine);

} // namespace imagewright::measure
