// SPDX-License-Identifier: MIT
#pragma once

// Names of a root that a program there shall not see.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/root/record.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::root {

/// Takes names, with all that is below them, out of the root and brings them back with all that
/// was recorded about them. The directories that held them keep their times.
class SetAside {
public:
  /// `paths` are real ones, none below another. Throws base::Error (root.cannot-set-aside); the
  /// root is then of no use.
  SetAside(WorkRoot& root, std::vector<std::string> paths);
  SetAside(const SetAside&) = delete;
  SetAside& operator=(const SetAside&) = delete;
  SetAside(SetAside&&) = delete;
  SetAside& operator=(SetAside&&) = delete;
  ~SetAside() = default;

  /// To be called once. What was made under these names meanwhile is gone then. Throws as the
  /// constructor does.
  void put_back();

private:
  std::filesystem::path place_of(std::size_t index) const;

  WorkRoot& root_;
  std::vector<std::string> paths_;
  std::filesystem::path directory_; ///< beside the root
  Record record_;                   ///< of what is set aside
};

} // namespace imagewright::root
