// SPDX-License-Identifier: MIT
#pragma once

// The root that is being worked on: its files, whom they belong to, and programs that run inside.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/sandbox/metadata_record.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::root {

/// What a root is made of.
struct WorkRootOptions {
  std::filesystem::path directory; ///< of the host; must exist
  /// Beside the root, never in it: owners that the host refuses to store. Made when it is missing.
  std::filesystem::path record;
  /// SOURCE_DATE_EPOCH of every program.
  base::Epoch epoch{};
  /// Absent: programs of the host's architecture only.
  std::optional<sandbox::Emulator> emulator;
};

/// Gives what runs programs in a sandbox like this.
using ProgramOpener =
    std::function<std::unique_ptr<process::CommandRunner>(const sandbox::SandboxOptions&)>;

/// Used from one thread, by one stage after the other.
class WorkRoot {
public:
  /// Throws base::Error (fs.cannot-read, sandbox.cannot-enter).
  WorkRoot(WorkRootOptions options, ProgramOpener open_programs);
  WorkRoot(const WorkRoot&) = delete;
  WorkRoot& operator=(const WorkRoot&) = delete;
  WorkRoot(WorkRoot&&) = delete;
  WorkRoot& operator=(WorkRoot&&) = delete;
  ~WorkRoot() = default;

  const fs::RootDir& files() const { return files_; }
  base::Epoch epoch() const { return options_.epoch; }

  /// Runs programs that see the root, and what is bound into it. To be used no longer than this.
  std::unique_ptr<process::CommandRunner> programs(std::vector<sandbox::BindMount> mounts = {});

  /// Gives the file or link itself its owner; what the host refuses to store is recorded. Throws
  /// base::Error (root.cannot-own).
  void own(std::string_view path, uid_t user, gid_t group);

private:
  WorkRootOptions options_;
  ProgramOpener open_programs_;
  fs::RootDir files_;
  /// As it was read last; programs write to it, too.
  std::optional<sandbox::MetadataRecord> record_;
};

} // namespace imagewright::root
