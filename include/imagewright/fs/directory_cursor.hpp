// SPDX-License-Identifier: MIT
#pragma once

// A place in a tree of any depth, held with one descriptor.

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/fs/file_type.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

/// One name in a directory, as the directory itself tells it.
struct DirectoryEntry {
  std::string name;
  ino_t number = 0;
  std::optional<FileType> type; ///< absent where the filesystem does not say it there
};

/// What is in an open directory, sorted by name, without "." and "..". Throws std::system_error.
std::vector<DirectoryEntry> entries_in(int directory);
/// Likewise, the names alone.
std::vector<std::string> names_in(int directory);

/// Stands in one directory at a time and remembers the way up: trees may be deeper than there are
/// descriptors, and their paths longer than the kernel takes. Links are never followed.
class DirectoryCursor {
public:
  explicit DirectoryCursor(UniqueFd top);

  int fd() const { return current_.get(); }
  /// How many directories above this one were entered.
  std::size_t depth() const { return above_.size(); }
  /// Goes into a directory of this one. False, with errno, when it cannot be opened.
  bool enter(const std::string& name);
  /// Goes back to where enter() came from. False, with errno, when it has been moved elsewhere.
  bool leave();

private:
  struct Identity {
    dev_t device = 0;
    ino_t number = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity identity_of(int directory);

  UniqueFd current_;
  std::vector<Identity> above_;
};

} // namespace imagewright::fs
