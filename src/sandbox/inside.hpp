// SPDX-License-Identifier: MIT
#pragma once

// The processes of a sandbox. The keeper is this program started anew and stands between the host
// and the namespaces: it ends them when it is asked to. The first process inside is there for its
// number and its empty root (first_process.hpp). Its child, the builder, builds the root and reaps;
// the worker is the builder's child and does what was wanted. None of them holds anything of the
// caller but what `Inside` says.

#include <span>
#include <string>
#include <variant>
#include <vector>

#include <sys/types.h>

#include <imagewright/process/command.hpp>
#include <imagewright/sandbox/sandbox.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::sandbox {

/// Whom a sandbox asks about system calls, besides the kernel.
enum class Supervision : std::uint8_t {
  none,
  needed, ///< owners, devices and metadata: the kernel refuses some of them
};

/// The worker becomes a program of the image.
struct ProgramWork {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment; ///< complete
  std::string working_directory;
};

/// The worker does a job of ours.
struct JobWork {
  std::string name;
  std::string request;
  std::uint64_t descriptor_count = 0;
};

using Work = std::variant<ProgramWork, JobWork>;

/// Everything that the processes inside are given, besides standard streams, channel and
/// descriptors at their fixed numbers.
struct Inside {
  SandboxOptions options;
  Supervision supervision = Supervision::none;
  Work work;
};

std::string encode(const Inside& inside);
Inside decode_inside(std::string_view bytes);

/// The keeper's whole life: asks what is wanted over the channel.
[[noreturn]] void keep(std::span<const WorkerJob> jobs) noexcept;

} // namespace imagewright::sandbox
