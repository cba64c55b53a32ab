// SPDX-License-Identifier: MIT
#pragma once

// The root that is being worked on: its files, whom they belong to, and programs that run inside.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/root/record.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::root {

/// What a root is made of.
struct WorkRootOptions {
  std::filesystem::path directory; ///< of the host; must exist
  /// A file beside the root, never in it, that exists while programs run.
  std::filesystem::path run_record;
  /// SOURCE_DATE_EPOCH of every program.
  base::Epoch epoch{};
  /// Absent: programs of the host's architecture only.
  std::optional<sandbox::Emulator> emulator;
};

/// Gives what runs programs in a sandbox like this.
using ProgramOpener =
    std::function<std::unique_ptr<process::CommandRunner>(const sandbox::SandboxOptions&)>;

/// Content of the root's files that comes when it is asked for. Until then a file is as long as it
/// shall be, and all of it is a hole.
class LateContent {
public:
  LateContent() = default;
  LateContent(const LateContent&) = delete;
  LateContent& operator=(const LateContent&) = delete;
  LateContent(LateContent&&) = delete;
  LateContent& operator=(LateContent&&) = delete;
  virtual ~LateContent() = default;

  /// Fills the file that `name`, opened with O_PATH, means, where it is one that waits for that.
  virtual void fill(const fs::UniqueFd& name) = 0;
  /// Fills every file that still waits. `files` is the root.
  virtual void fill_all(const fs::RootDir& files) = 0;
};

/// A directory and a record. Between two runs of programs no file in the directory is a device:
/// devices are entries of the record, with an empty file in their place. While programs run they
/// see devices, which cannot be opened, and the owners that the record says. Used from one thread.
class WorkRoot {
public:
  /// Throws base::Error (fs.cannot-read).
  WorkRoot(WorkRootOptions options, ProgramOpener open_programs);
  WorkRoot(const WorkRoot&) = delete;
  WorkRoot& operator=(const WorkRoot&) = delete;
  WorkRoot(WorkRoot&&) = delete;
  WorkRoot& operator=(WorkRoot&&) = delete;
  ~WorkRoot();

  /// Reads and changes files. What the record says about a name goes with it.
  const fs::RootDir& files() const;
  const WorkRootOptions& options() const { return options_; }
  base::Epoch epoch() const { return options_.epoch; }
  const Record& record() const;

  /// From now on files have their content when files() opens it, and all of it before a program
  /// runs. Whoever reads the directory in another way calls require_content().
  void expect_content(std::shared_ptr<LateContent> content);
  void require_content();

  /// Runs programs that see the root, and what is bound into it. To be used no longer than this.
  std::unique_ptr<process::CommandRunner> programs(std::vector<sandbox::BindMount> mounts = {});

  /// For whoever makes a sandbox of its own: what it is like, with the record told to it…
  sandbox::SandboxOptions begin_run(std::vector<sandbox::BindMount> mounts = {});
  /// … and what became of the root there. Throws base::Error (root.cannot-examine).
  void end_run();

  /// Gives the file or link itself its owner; what the host refuses to store is recorded. Throws
  /// base::Error (root.cannot-own).
  void own(std::string_view path, uid_t user, gid_t group);

  /// The empty file at `path` is a device in the image, under each name that it has. `type` is
  /// S_IFCHR or S_IFBLK.
  void make_device(std::string_view path, mode_t type, dev_t device);
  /// Files were laid out here that are recorded elsewhere: this is the record now.
  void take_over(Record record);

private:
  class Names;

  /// Changes what is recorded about a file, under each of its names.
  void note(const fs::UniqueFd& file, const sandbox::RecordedMetadata& metadata);

  WorkRootOptions options_;
  ProgramOpener open_programs_;
  std::unique_ptr<Names> names_;
};

} // namespace imagewright::root
