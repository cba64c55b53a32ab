// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <imagewright/disk/write_disk.hpp>
#include <imagewright/tree/late_text.hpp>
#include <imagewright/tree/scan.hpp>

namespace imagewright_test {

/// What a program printed, both outputs together, and its exit code.
struct ToolRun {
  int exit_code = 0;
  std::string output;
};

/// Runs a program of the host and waits for it.
ToolRun run_tool(std::vector<std::string> argv);

/// A root directory, a layout for it, and the disk that is written from both.
class DiskFixture {
public:
  DiskFixture();

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path path(const std::string& name) const { return scratch_ / name; }
  void file(const std::string& path, const std::string& content) const;

  /// Writes a raw disk from the root as it is now.
  imagewright::disk::WrittenDisk write(const std::filesystem::path& raw) const;
  /// A copy of one partition in a file of its own, for programs that know no offsets.
  std::filesystem::path extract(const std::filesystem::path& raw, const std::string& id) const;
  /// The output of one debugfs command on the root filesystem.
  static std::string debugfs(const std::filesystem::path& filesystem, const std::string& command);

  imagewright::model::DiskLayout layout;
  imagewright::tree::ScanOptions options;
  /// Files with late words, and what stands in their place until then.
  std::vector<std::string> late_files;
  imagewright::tree::LateTexts placeholders;

private:
  ScratchDirectory scratch_;
  std::filesystem::path root_;
};

/// ESP of 64 MiB, root of 192 MiB with every feature of the reference distribution, swap of 4 MiB.
imagewright::model::DiskLayout node_layout();

} // namespace imagewright_test
