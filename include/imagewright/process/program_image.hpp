// SPDX-License-Identifier: MIT
#pragma once

// What exec needs, laid out before a fork, so that nothing allocates between fork and exec.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::process {

/// What a child was doing when it failed before its program began.
enum class StartStep : std::uint8_t { redirect, change_directory, find_program, execute };

/// Why a program did not begin.
struct StartFailure {
  StartStep step = StartStep::execute;
  int error_number = 0;
};

/// The descriptors that become 0, 1 and 2.
struct StandardStreams {
  int input = -1;
  int output = -1;
  int error = -1;
};

/// A program with its arguments and environment, ready to replace a forked child.
class ProgramImage {
public:
  /// `environment` is complete. A program without "/" is searched for in its PATH at the time of
  /// exec.
  ProgramImage(const Command& command, const std::map<std::string, std::string>& environment);
  ProgramImage(ProgramImage&&) = delete;
  ProgramImage& operator=(ProgramImage&&) = delete;
  ProgramImage(const ProgramImage&) = delete;
  ProgramImage& operator=(const ProgramImage&) = delete;
  ~ProgramImage() = default;

  /// Replaces this process: default signal handling, umask 022, no descriptor above 2. Returns only
  /// with the reason why it could not. Safe after a fork.
  StartFailure execute(const StandardStreams& streams) const noexcept;

private:
  std::vector<std::string> arguments_;
  std::vector<std::string> variables_;
  std::vector<std::string> candidates_;
  std::string working_directory_;
  std::vector<char*> argument_pointers_;
  std::vector<char*> variable_pointers_;
};

/// A descriptor from which the command's standard input is read: its text, or /dev/null.
fs::UniqueFd open_standard_input(const Command& command);

/// Throws base::Error that tells why the command did not begin: process.missing-tool or
/// process.cannot-start.
[[noreturn]] void throw_start_failure(const Command& command, const StartFailure& failure);

} // namespace imagewright::process
