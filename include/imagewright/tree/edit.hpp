// SPDX-License-Identifier: MIT
#pragma once

// Changes a root's table, and no file of the root: what an output leaves out or has beside it.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// A tree that is being changed. Paths are absolute; no link is followed.
class TreeEditor {
public:
  explicit TreeEditor(RootTree tree);

  /// Null when there is no such name.
  const Inode* find(std::string_view path) const;
  /// The names in a directory, sorted; empty when there is no such directory.
  std::vector<std::string> list(std::string_view path) const;
  /// Takes the name away with all that is below it; nothing happens when it is not there.
  void remove(const std::string& path);
  /// Takes away all that is below the directory, which stays.
  void clear(const std::string& directory);
  /// Gives the name to a new file. What had it goes; directories above it that are missing are
  /// made, root's, with mode 0755 and the time of "/". Throws base::Error (tree.not-a-directory)
  /// when something else is in their place.
  void put(const std::string& path, Inode inode);
  /// Drops extended attributes of every file.
  void drop_attributes(const std::function<bool(std::string_view name)>& is_unwanted);
  /// The tree as it is now; the editor is left empty.
  RootTree finish();

private:
  struct Before {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const {
      return is_before(left, right);
    }
  };

  void make_parents(const std::string& path);

  RootTree tree_; ///< its entries stand in names_
  std::map<std::string, std::size_t, Before> names_;
};

/// A regular file that is this text, root's.
Inode text_file(std::string text, mode_t permissions, base::Epoch modified);
/// A symbolic link, root's.
Inode symbolic_link(std::string target, base::Epoch modified);

} // namespace imagewright::tree
