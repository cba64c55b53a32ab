// SPDX-License-Identifier: MIT
#pragma once

// A temporary directory of which others can tell whether its owner still lives.

#include <filesystem>
#include <string_view>

#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

/// Locked as long as its owner lives, and removed by its owner's destructor. An owner that is
/// killed leaves it behind, without the lock: whoever makes the next one in the same place removes
/// it.
class ClaimedDirectory {
public:
  /// Removes what dead owners left under `parent` with this prefix, then makes a new directory as
  /// TemporaryDirectory does. Throws base::Error (fs.cannot-write).
  ClaimedDirectory(const std::filesystem::path& parent, std::string_view prefix);

  const std::filesystem::path& path() const { return directory_.path(); }
  /// Leaves the directory behind, as the death of its owner would.
  void abandon() { directory_.release(); }

private:
  static TemporaryDirectory claim(const std::filesystem::path& parent, std::string_view prefix,
                                  UniqueFd& lock);

  UniqueFd lock_; // Outlives the directory: nobody may remove it half-way.
  TemporaryDirectory directory_;
};

/// Removes directories under `parent` that start with `prefix`, are the caller's and whose owner is
/// gone. What cannot be removed stays.
void remove_abandoned(const std::filesystem::path& parent, std::string_view prefix);

} // namespace imagewright::fs
