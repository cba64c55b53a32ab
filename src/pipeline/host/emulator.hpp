// SPDX-License-Identifier: MIT
#pragma once

// What runs the programs of an image whose architecture is not the host's.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/model/architecture.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::pipeline {

/// Whether this host runs its programs itself.
bool is_of_host(const model::Architecture& architecture);

/// Nothing when the host runs them itself and emulation is not forced. Its directory is to be
/// chosen. Throws base::Error (pipeline.no-emulator) when this host lacks the program.
std::optional<sandbox::Emulator> find_emulator(const model::Architecture& architecture,
                                               EmulationUse use);

/// Nothing when the host runs them itself and emulation is not forced. `directory` is made for the
/// emulator. Throws base::Error (pipeline.no-emulator) when this host lacks the program.
std::optional<sandbox::Emulator> prepare_emulator(const model::Architecture& architecture,
                                                  EmulationUse use,
                                                  const std::filesystem::path& directory);

/// The program that would be the emulator; nothing when none is needed, or this host lacks it.
std::optional<std::filesystem::path> emulator_of(const model::Architecture& architecture,
                                                 EmulationUse use);

/// One program of a build, with all that it started.
struct EmulatedRun {
  std::string what; ///< "make the initramfs of kernel 6.6.1", "systemd %post"
  sandbox::ProgramStarts starts;
  std::chrono::milliseconds duration{};

  bool operator==(const EmulatedRun&) const = default;
};

/// What a build learned about programs that this host cannot run itself.
struct EmulationFindings {
  /// Absent: nothing was emulated.
  std::optional<sandbox::Emulator> emulator;
  /// Why everything ran under the emulator, where some might not have.
  std::optional<std::string> no_native_programs;
  std::vector<EmulatedRun> runs; ///< of the steps; those of scriptlets stand with them
};

/// Runs programs with another runner and notes what each cost in emulated programs.
class CountingRunner final : public process::CommandRunner {
public:
  /// `emulator` and `runs` must outlive it.
  CountingRunner(std::unique_ptr<process::CommandRunner> runner, const sandbox::Emulator& emulator,
                 std::vector<EmulatedRun>& runs)
      : runner_(std::move(runner)), emulator_(emulator), runs_(runs) {}

  process::CommandResult run(const process::Command& command) override;

private:
  std::unique_ptr<process::CommandRunner> runner_;
  const sandbox::Emulator& emulator_;
  std::vector<EmulatedRun>& runs_;
};

/// Opens programs, and notes what each costs where they are emulated. What it borrows must outlive
/// them.
root::ProgramOpener program_opener(EmulationFindings& findings,
                                   const base::Cancellation& cancellation);

} // namespace imagewright::pipeline
