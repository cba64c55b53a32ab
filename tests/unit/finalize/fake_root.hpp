// SPDX-License-Identifier: MIT
#pragma once

// A small root in a scratch directory, and programs that only pretend.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/report/recording_reporter.hpp>
#include <imagewright/root/work_root.hpp>

#include "finalize/steps.hpp"

namespace finalize_test {

using namespace imagewright;

/// Remembers commands; what they do to the root is up to the test.
class FakePrograms final : public process::CommandRunner {
public:
  process::CommandResult run(const process::Command& command) override {
    commands.push_back(command);
    process::CommandResult result{.argv = command.argv, .description = command.description};
    result.exit_code = 0;
    if (effect) effect(command, result);
    return result;
  }

  std::vector<process::Command> commands;
  std::function<void(const process::Command&, process::CommandResult&)> effect;
};

/// Hands commands on to programs that somebody else owns.
class BorrowedPrograms final : public process::CommandRunner {
public:
  explicit BorrowedPrograms(process::CommandRunner& programs) : programs_(programs) {}
  process::CommandResult run(const process::Command& command) override {
    return programs_.run(command);
  }

private:
  process::CommandRunner& programs_;
};

class FakeRoot {
public:
  FakeRoot() : root(directory.path()) {
    plan.image_name = "node";
    plan.tool_version = "1.0";
    plan.architecture = model::architecture("x86_64");
    plan.epoch = base::Epoch(std::chrono::seconds(1700000000));
  }

  void run_step(const finalize::Step& step) {
    finalize::fold(step.run({plan, installed, found, services}, work), found, reporter);
  }

  std::unique_ptr<process::CommandRunner> open(const sandbox::SandboxOptions& options) {
    for (const auto& mount : options.bind_mounts)
      visible_directories.push_back(mount.source);
    return std::make_unique<BorrowedPrograms>(programs);
  }

  void add_partition(const std::string& mount_point, model::FilesystemType type) {
    model::Partition partition;
    partition.label = "p" + std::to_string(plan.layout.partitions.size());
    partition.uuid = base::Uuid::from_name("test", partition.label);
    partition.filesystem = model::Filesystem{};
    partition.filesystem->type = type;
    partition.filesystem->mount_point = mount_point;
    partition.filesystem->uuid = base::Uuid::from_name("test", "filesystem " + partition.label);
    plan.layout.partitions.push_back(partition);
  }

  std::string uuid_of(std::size_t index) const {
    return plan.layout.partitions.at(index).filesystem->uuid.to_string();
  }

  /// The code of the error that `action` throws, or empty.
  static std::string code_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const base::Error& error) {
      return error.diagnostic().code;
    }
    return "";
  }

  /// What was warned of.
  std::vector<base::Diagnostic> warnings() const {
    std::vector<base::Diagnostic> found_warnings;
    for (const auto& event : reporter.events()) {
      if (const auto* warning = std::get_if<base::Diagnostic>(&event))
        found_warnings.push_back(*warning);
    }
    return found_warnings;
  }

  /// "user:group": what the host stored, or what is recorded because it could not.
  std::string owner_of(const std::string& path) const {
    const auto file = root.open(path, O_PATH | O_NOFOLLOW);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return "none";
    const auto recorded = work.record().find(path);
    if (recorded != work.record().end()) recorded->second.apply_to(status);
    return std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid);
  }

  imagewright_test::ScratchDirectory directory;
  imagewright_test::ScratchDirectory records;
  fs::RootDir root;
  root::WorkRoot work{{.directory = directory.path(), .run_record = records / "owners"},
                      [this](const sandbox::SandboxOptions& options) { return open(options); }};
  finalize::FinalizePlan plan;
  FakePrograms programs;
  report::RecordingReporter reporter;
  base::Cancellation cancellation;
  static finalize::InitramfsContent whole_initramfs(int /*fd*/, const std::string& /*name*/,
                                                    const base::Cancellation& /*cancellation*/) {
    return {.has_init = true};
  }
  finalize::FinalizeServices services{.reporter = reporter,
                                      .cancellation = cancellation,
                                      .log_directory = {},
                                      .read_initramfs = &whole_initramfs};
  model::InstalledRoot installed;
  finalize::Findings found;
  std::vector<std::filesystem::path> visible_directories;
};

inline base::SourceLocation at(std::uint32_t line) {
  return {"node.yaml", line, 1};
}

} // namespace finalize_test
