// SPDX-License-Identifier: MIT
#pragma once

// The processes of a sandbox. The keeper stands between the host and the namespaces: it ends them
// when it is asked to. The first process inside builds the root and reaps; the worker is its child
// and does what was wanted.

#include <functional>

#include <sys/types.h>

#include <imagewright/process/program_image.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::sandbox {

enum class UserNamespace : std::uint8_t { shared, own };

/// Whether somebody has to answer for the kernel, which refuses some owners and devices.
enum class Supervision : std::uint8_t { none, needed };

/// What the worker does. Runs in the worker and does not return.
using Work = std::function<void(int channel, const CallContext& context)>;

/// Everything that the processes inside are given. Descriptors are the caller's numbers.
struct Inside {
  const SandboxOptions& options;
  UserNamespace user_namespace = UserNamespace::shared;
  Supervision supervision = Supervision::none;
  process::StandardStreams streams;
  int channel = -1;
  pid_t parent = -1;
  const Work& work;
};

/// The keeper's whole life, in a child that was just forked.
[[noreturn]] void keep(const Inside& inside) noexcept;

} // namespace imagewright::sandbox
