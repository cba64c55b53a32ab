// SPDX-License-Identifier: MIT
#pragma once

// The seam at which programs are run: the host, a sandbox, or a fake in a test.

#include <imagewright/base/cancellation.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::process {

/// Runs programs, never a shell.
class CommandRunner {
public:
  CommandRunner() = default;
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;
  CommandRunner(CommandRunner&&) = delete;
  CommandRunner& operator=(CommandRunner&&) = delete;
  virtual ~CommandRunner() = default;

  /// Runs it to its end. A program that fails is a result, not an exception. Throws base::Error
  /// when it cannot be started (process.missing-tool, process.cannot-start) and base::Cancelled;
  /// nothing is left running in any case.
  virtual CommandResult run(const Command& command) = 0;
};

/// Runs programs of the host, each in its own process group.
class HostCommandRunner final : public CommandRunner {
public:
  /// `cancellation` must outlive the runner.
  explicit HostCommandRunner(const base::Cancellation& cancellation)
      : cancellation_(cancellation) {}

  CommandResult run(const Command& command) override;

private:
  const base::Cancellation& cancellation_;
};

} // namespace imagewright::process
