// SPDX-License-Identifier: MIT
#pragma once

// Runs programs, and jobs of ours, inside an image root, cut off from the host's files, processes
// and network.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/sandbox/emulation.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::sandbox {

enum class BindAccess : std::uint8_t { read_only, writable };

/// A directory or file of the host that is visible inside.
struct BindMount {
  std::filesystem::path source;
  std::string
      target; ///< absolute, as seen inside; missing directories are made, and removed afterwards
  BindAccess access = BindAccess::read_only;

  bool operator==(const BindMount&) const = default;
};

/// What a sandbox is like.
struct SandboxOptions {
  /// The image root: an existing directory that becomes "/".
  std::filesystem::path root;
  std::vector<BindMount> bind_mounts;
  /// SOURCE_DATE_EPOCH of every program.
  base::Epoch epoch{};
  std::string host_name = "localhost";
  /// Absent: programs of the host's architecture only.
  std::optional<Emulator> emulator;
  /// A file outside the root, one for all sandboxes of that root: a MetadataRecord of what the host
  /// refuses to store, shown to programs inside as if it were stored. Empty: programs see refusals.
  std::filesystem::path metadata_record;
  /// The longest that a program may run, whatever its command says.
  std::chrono::milliseconds time_limit = std::chrono::hours(1);
};

/// The side of a call that stays outside. Hears output and messages in the order in which they
/// came about.
class CallHandler {
public:
  using TimePoint = std::chrono::steady_clock::time_point;

  CallHandler() = default;
  CallHandler(const CallHandler&) = delete;
  CallHandler& operator=(const CallHandler&) = delete;
  CallHandler(CallHandler&&) = delete;
  CallHandler& operator=(CallHandler&&) = delete;
  virtual ~CallHandler() = default;

  /// What the job sent. May throw: everything inside is killed then.
  virtual void on_message(std::string_view text) = 0;
  /// What the job, or a program that it started, wrote to its standard output or error.
  virtual void on_output(std::string_view text) = 0;
  /// When to give up; absence: never. Asked again after each message.
  virtual std::optional<TimePoint> deadline() const = 0;
  /// The deadline has passed and everything inside has been killed. Throws what the caller shall
  /// see.
  virtual void on_deadline() = 0;
};

/// A job to be done inside.
struct InsideCall {
  std::string_view job; ///< the name of a WorkerJob
  std::string request;
  std::vector<int> descriptors; ///< borrowed until the call is over
};

/// An image root with own user (when needed), mount, process, IPC, host name and network
/// namespaces, made anew for each run and call and gone with it: /tmp, /run and /dev do not outlast
/// a run, and no mount is ever seen by the host. Programs get PATH, HOME, LC_ALL,
/// SYSTEMD_OFFLINE and SOURCE_DATE_EPOCH besides what the command gives them. Their root is another
/// one than process 1's, as in a chroot: tools for a running system leave it alone.
class Sandbox final : public process::CommandRunner {
public:
  /// Throws base::Error (sandbox.…) when the root or a bind mount's source is not there.
  /// `cancellation` must outlive it.
  Sandbox(SandboxOptions options, const base::Cancellation& cancellation);

  const SandboxOptions& options() const { return options_; }

  /// Runs a program of the image. Throws base::Error: sandbox.cannot-enter, process.missing-tool,
  /// process.cannot-start.
  process::CommandResult run(const process::Command& command) override;

  /// Does a job of ours inside the root, in a worker that holds nothing of this process but the
  /// request and the descriptors. The caller must not have other threads. Throws what the job
  /// threw; sandbox.call-died or sandbox.out-of-memory when its process was killed.
  std::string call(const InsideCall& wanted, CallHandler& handler);

private:
  SandboxOptions options_;
  const base::Cancellation& cancellation_;
};

/// PATH, HOME, LC_ALL, SYSTEMD_OFFLINE and SOURCE_DATE_EPOCH as every program inside sees them.
std::map<std::string, std::string> sandbox_environment(base::Epoch epoch);

} // namespace imagewright::sandbox
