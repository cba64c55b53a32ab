// SPDX-License-Identifier: MIT
#pragma once

// The seam to programs of the image: finalize says what to run inside the root, the sandbox runs it.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace imagewright::finalize {

/// A program of the root. Paths are as the image sees them.
struct ProgramCall {
  std::vector<std::string> arguments; ///< the program first
  std::map<std::string, std::string> environment;
  /// Host directory to be seen read-only at /_imageconfigs; empty: none.
  std::filesystem::path visible_directory;
};

/// How it ended.
struct ProgramEnd {
  std::optional<int> exit_status; ///< absent: a signal ended it
  int signal = 0;
  std::string output; ///< standard output and standard error, as they came

  bool succeeded() const { return exit_status == 0; }
};

/// Runs programs inside one root.
class RootPrograms {
public:
  virtual ~RootPrograms() = default;
  /// Waits for the end. Throws base::Error when the program cannot be started at all.
  virtual ProgramEnd run(const ProgramCall& call) = 0;
};

} // namespace imagewright::finalize
