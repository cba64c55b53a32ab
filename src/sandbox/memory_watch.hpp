// SPDX-License-Identifier: MIT
#pragma once

// The memory of a sandbox: what its processes have together, and the end of that.

#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

/// Adds up what the processes of a sandbox have, in rounds. A page that several share counts once,
/// files in memory and what was swapped out count too. What can be hidden from that (memory that no
/// process has mapped and no descriptor names) is left to the kernel, which ends programs of the
/// image before others when it has none left.
class MemoryWatch {
public:
  /// Takes down what the host has now. The sandbox's filesystems must be mounted.
  MemoryWatch();

  /// Begins a round.
  void begin();
  /// A process of the sandbox, by the name of its directory in /proc.
  void add(const char* process);
  /// Throws base::Error (sandbox.out-of-memory) when those of this round have too much.
  void judge() const;

private:
  base::ByteSize measure() const;
  base::ByteSize size_of_files() const;

  fs::UniqueFd processes_;
  std::vector<fs::UniqueFd> filesystems_; ///< those whose files are in memory
  base::ByteSize limit_;
  base::ByteSize shared_before_;
  base::ByteSize swapped_before_;

  std::vector<std::string> members_;
  base::ByteSize resident_;
};

} // namespace imagewright::sandbox
