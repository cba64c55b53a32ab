// SPDX-License-Identifier: MIT
#pragma once

// Programs of a foreign architecture: how they are run, and how often they were.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace imagewright::sandbox {

/// How programs of a foreign architecture are run: a binfmt_misc entry that exists only inside.
struct Emulator {
  std::filesystem::path program; ///< a static program of the host
  std::string magic;             ///< with \x escapes; empty: the kernel knows the emulator already
  std::string mask;
  /// Made by prepare_emulation; empty: program starts are not noted.
  std::filesystem::path directory;

  bool operator==(const Emulator&) const = default;
};

/// Programs of the host's architecture that do the same as those of the image.
struct NativePrograms {
  std::string loader;                 ///< the dynamic loader, as their own root sees it
  std::vector<std::string> libraries; ///< directories, as their own root sees them
  std::vector<std::string> programs;  ///< real paths, the same in both roots

  bool operator==(const NativePrograms&) const = default;
};

/// How many programs of the image were started so far.
struct ProgramStarts {
  std::uint64_t emulated = 0;
  std::uint64_t native = 0; ///< replaced by the host's architecture's

  bool operator==(const ProgramStarts&) const = default;
};

/// Fills the emulator's directory, which must exist and be outside of every root. Throws
/// base::Error.
void prepare_emulation(const Emulator& emulator);

/// Where the root of native programs is to be made before use_native_programs.
std::filesystem::path native_root(const Emulator& emulator);
void use_native_programs(const Emulator& emulator, const NativePrograms& natives);

/// All zero without a directory.
ProgramStarts count_program_starts(const Emulator& emulator);

} // namespace imagewright::sandbox
