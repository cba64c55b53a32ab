// SPDX-License-Identifier: MIT
#include "emulator.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>

namespace imagewright::pipeline {

namespace {

/// "\xff" for the byte of an ELF header that tells whose conventions a program follows. Static
/// programs of GNU say so there, above all the emulator and its interpreter, others do not: where
/// their own architecture is emulated they are told apart by it.
std::string strict_mask(std::string mask) {
  constexpr std::size_t convention = 7;
  constexpr std::size_t width = 4; // of "\xff"
  return mask.replace(convention * width, width, R"(\xff)");
}

} // namespace

bool is_of_host(const model::Architecture& architecture) {
  const model::Architecture* host = model::host_architecture();
  return host != nullptr && host->name == architecture.name;
}

namespace {

std::filesystem::path require_emulator_program(const model::Architecture& architecture) {
  auto program = process::find_program(architecture.emulator.program);
  if (!program) {
    throw base::Error(base::FailureKind::host, "pipeline.no-emulator",
                      fmt::format("programs of {} cannot be run here: {} is missing",
                                  architecture.name, architecture.emulator.program),
                      process::how_to_install(architecture.emulator.program) +
                          ", or compose on a machine of that architecture");
  }
  return *std::move(program);
}

} // namespace

std::optional<sandbox::Emulator> find_emulator(const model::Architecture& architecture,
                                               EmulationUse use) {
  const bool is_native = is_of_host(architecture);
  if (is_native && use != EmulationUse::forced) return std::nullopt;
  const std::string& mask = architecture.emulator.mask;
  return sandbox::Emulator{.program = require_emulator_program(architecture),
                           .magic = architecture.emulator.magic,
                           .mask = is_native ? strict_mask(mask) : mask,
                           .directory = {}};
}

std::optional<sandbox::Emulator> prepare_emulator(const model::Architecture& architecture,
                                                  EmulationUse use,
                                                  const std::filesystem::path& directory) {
  auto emulator = find_emulator(architecture, use);
  if (!emulator) return std::nullopt;
  emulator->directory = directory;
  std::filesystem::create_directories(directory);
  sandbox::prepare_emulation(*emulator);
  return emulator;
}

std::optional<std::filesystem::path> emulator_of(const model::Architecture& architecture,
                                                 EmulationUse use) {
  if (is_of_host(architecture) && use != EmulationUse::forced) return std::nullopt;
  return process::find_program(architecture.emulator.program);
}

process::CommandResult CountingRunner::run(const process::Command& command) {
  const auto before = sandbox::count_program_starts(emulator_);
  const auto started = std::chrono::steady_clock::now();
  process::CommandResult result = runner_->run(command);
  const auto after = sandbox::count_program_starts(emulator_);
  runs_.push_back({.what = command.description.empty() ? command.argv.front() : command.description,
                   .starts = {.emulated = after.emulated - before.emulated,
                              .native = after.native - before.native},
                   .duration = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::steady_clock::now() - started)});
  return result;
}

root::ProgramOpener program_opener(EmulationFindings& findings,
                                   const base::Cancellation& cancellation) {
  return [&findings, &cancellation](
             const sandbox::SandboxOptions& options) -> std::unique_ptr<process::CommandRunner> {
    auto programs = std::make_unique<sandbox::Sandbox>(options, cancellation);
    if (!findings.emulator) return programs;
    return std::make_unique<CountingRunner>(std::move(programs), *findings.emulator, findings.runs);
  };
}

} // namespace imagewright::pipeline
