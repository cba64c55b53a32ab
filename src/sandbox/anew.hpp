// SPDX-License-Identifier: MIT
#pragma once

// Starting this program anew: the same file, an empty environment, no memory of the caller and only
// those descriptors that are handed over.

#include <vector>

#include <sys/types.h>

#include <imagewright/process/program_image.hpp>

namespace imagewright::sandbox {

/// What the new process finds at fixed numbers, after its standard streams.
inline constexpr int k_channel = 3;
inline constexpr int k_first_descriptor = 4;

/// The first argument of every worker; no command of ours has that name.
inline constexpr const char* k_worker_argument = "--imagewright-worker";

/// The second: what kind of worker it is.
inline constexpr const char* k_parsing_role = "parsing";
inline constexpr const char* k_sandbox_role = "sandbox";

struct AnewStart {
  const char* role = k_parsing_role;
  process::StandardStreams streams;
  int channel = -1;
  std::vector<int> descriptors; ///< become k_first_descriptor and those after it
  /// Runs in the child when its descriptors are in their places. It may throw, and it may allocate
  /// when the caller has no threads. Null: nothing.
  void (*before)(int channel) = nullptr;
};

/// Forks and starts; what goes wrong in the child arrives on the channel as a record of failure.
/// The child leads a process group of its own and dies with the calling thread. Throws base::Error
/// (sandbox.cannot-enter).
pid_t start_anew(const AnewStart& start);

/// Ends this process, at once or later, when `parent` ends.
void die_with(pid_t parent);

} // namespace imagewright::sandbox
