// SPDX-License-Identifier: MIT
#pragma once

// The process behind a system call: its memory, and files as it names them.

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

/// Whether /proc counts processes as this one does.
enum class ProcNumbers : std::uint8_t { own, of_others };
ProcNumbers proc_numbers();

class AskingProcess {
public:
  AskingProcess(pid_t pid, ProcNumbers numbers);

  /// A path at an address of its memory.
  std::optional<std::string> read_path(std::uint64_t address) const;
  bool write(std::uint64_t address, const void* data, std::size_t size) const;

  /// The file that a descriptor (AT_FDCWD: the working directory) and a path mean to the process,
  /// opened with O_PATH. `flags` are AT_…. None when it cannot be found.
  fs::UniqueFd open(int directory, const std::string& path, int flags) const;
  mode_t umask() const;

private:
  std::string proc(const std::string& name) const;
  /// "/proc/self" means another process here.
  std::string as_seen_here(const std::string& path) const;
  bool has_own_root() const;

  pid_t pid_;
  std::string proc_; ///< its directory in /proc, which may count processes differently
};

} // namespace imagewright::sandbox
