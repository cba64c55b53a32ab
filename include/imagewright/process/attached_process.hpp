// SPDX-License-Identifier: MIT
#pragma once

// A program that a person talks to, or that runs beside one that does.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/process/supervision.hpp>

namespace imagewright::process {

enum class Attachment : std::uint8_t {
  terminal, ///< has this program's standard streams and is in its process group
  silent,   ///< has none, and a process group of its own
};

/// Runs from construction until it ends by itself or its owner goes.
class AttachedProcess {
public:
  /// Throws base::Error (process.missing-tool, process.cannot-start).
  AttachedProcess(const std::vector<std::string>& argv, Attachment attachment);

  /// Waits for at most that long. The exit code, 128 and more for a signal; nothing while it runs.
  std::optional<int> wait_for(std::chrono::milliseconds duration);
  /// Waits until it ends. Throws base::Cancelled.
  int wait(const base::Cancellation& cancellation);

private:
  ChildProcess child_;
  std::optional<int> exit_code_;
};

} // namespace imagewright::process
