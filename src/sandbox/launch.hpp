// SPDX-License-Identifier: MIT
#pragma once

// The outside of a sandbox: starting its processes and hearing how they fared.

#include <optional>
#include <string>

#include <imagewright/process/program_image.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/error_codec.hpp>
#include <imagewright/sandbox/memory_kills.hpp>

#include "channel.hpp"
#include "inside.hpp"
#include "mount_points.hpp"

namespace imagewright::sandbox {

/// A sandbox at work. The child is asked to end, and the mount points are removed after it has,
/// when this goes.
struct Launched {
  std::unique_ptr<MountPoints> mount_points;
  fs::UniqueFd channel;
  process::ChildProcess child;
  std::optional<std::uint64_t> memory_kills = count_memory_kills();
};

/// What the worker is given besides the options.
struct LaunchRequest {
  process::StandardStreams streams; ///< the worker's
  std::vector<int> descriptors;     ///< for a job
  Work work;
};

/// Starts the keeper. Throws base::Error.
Launched launch(const SandboxOptions& options, LaunchRequest request);

/// Throws what a record of failure says; other records are left alone. `is_known` is as for
/// throw_decoded().
void throw_if_setup_failed(const Record& record, const KnownFile& is_known = {});

/// Throws base::Error (sandbox.call-died, sandbox.out-of-memory): the processes inside are gone
/// without a word. `memory_kills` is as of their start.
[[noreturn]] void throw_died(const std::string& what,
                             std::optional<std::uint64_t> memory_kills = std::nullopt);

} // namespace imagewright::sandbox
