// SPDX-License-Identifier: MIT
#pragma once

// Files of the host that a machine sees at the same paths; it sees no others.

#include <filesystem>
#include <map>
#include <string>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::machine {

/// Collects files and gives them as the tree of a disk. Everything belongs to root there.
class HostFiles {
public:
  /// A file, with links followed, at its own absolute path or at another one. Throws base::Error
  /// (fs.cannot-read).
  void add_file(const std::filesystem::path& file) { add_file_at(file, file); }
  void add_file_at(const std::filesystem::path& file, const std::filesystem::path& place);
  /// A directory with everything below it; links stay links.
  void add_tree(const std::filesystem::path& directory);
  /// A directory with nothing in it, for mounts.
  void add_directory(const std::filesystem::path& place);

  /// Whether a file, and no directory, stands at this path.
  bool has_file(const std::filesystem::path& place) const;
  tree::RootTree tree() const;

private:
  void add(const std::filesystem::path& place, tree::Inode inode);

  struct PathOrder {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const {
      return tree::is_before(left, right);
    }
  };
  std::map<std::string, tree::Inode, PathOrder> entries_;
};

} // namespace imagewright::machine
