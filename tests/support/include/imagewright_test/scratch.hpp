// SPDX-License-Identifier: MIT
#pragma once

// Directories and data that tests use.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright_test {

/// A fresh directory, removed with everything in it at the end of the scope.
class ScratchDirectory {
public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  /// Writes a file below it, making directories as needed.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

private:
  std::filesystem::path path_;
};

/// The root of the project's source tree.
std::filesystem::path source_directory();
/// Data made by others (../shared/data beside the project), or nothing when it is not on this
/// machine.
std::optional<std::filesystem::path> find_shared_data(std::string_view name);
/// The whole file; fails the test when it cannot be read.
std::string read_text(const std::filesystem::path& path);
/// Is this program in PATH?
bool has_program(const std::string& name);

} // namespace imagewright_test
