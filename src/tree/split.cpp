// SPDX-License-Identifier: MIT
#include <algorithm>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/tree/split.hpp>

namespace imagewright::tree {

namespace {

/// A tree that takes over names of another one.
struct Part {
  RootTree tree;
  std::unordered_map<std::size_t, std::size_t> inodes; ///< from the whole tree's to this part's

  void add(std::string path, const RootTree& whole, std::size_t old_inode) {
    const auto [place, is_new] = inodes.emplace(old_inode, tree.inodes.size());
    if (is_new) {
      tree.inodes.push_back(whole.inodes.at(old_inode));
      tree.inodes.back().name_count = 0;
    }
    ++tree.inodes.at(place->second).name_count;
    tree.entries.push_back({std::move(path), place->second});
  }
};

void check_directory(const RootTree& tree, const std::string& path, const std::string& mount) {
  const Inode* inode = tree.find(path);
  if (inode == nullptr || inode->type == fs::FileType::directory) return;
  throw base::Error(base::FailureKind::build, "tree.mount-point-not-directory",
                    fmt::format("{} is to be mounted, but {} is not a directory in the root",
                                base::quoted(mount), base::quoted(path)),
                    "mount the filesystem somewhere else, or remove what stands there");
}

/// The tree with every mount point as a directory.
RootTree with_mount_points(RootTree tree, std::span<const std::string> mount_points) {
  Inode directory;
  directory.type = fs::FileType::directory;
  directory.permissions = 0755;
  directory.modified = tree.inodes.at(tree.entries.at(0).inode).modified;
  std::vector<std::string> missing;
  for (const std::string& mount : mount_points) {
    for (std::size_t end = mount.find('/', 1);; end = mount.find('/', end + 1)) {
      const std::string path = mount.substr(0, end);
      check_directory(tree, path, mount);
      if (tree.find(path) == nullptr) missing.push_back(path);
      if (end == std::string::npos) break;
    }
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  for (const std::string& path : missing) {
    tree.entries.push_back({path, tree.inodes.size()});
    tree.inodes.push_back(directory);
  }
  std::sort(tree.entries.begin(), tree.entries.end(),
            [](const Entry& left, const Entry& right) { return is_before(left.path, right.path); });
  return tree;
}

} // namespace

std::map<std::string, RootTree, std::less<>>
split_at_mounts(const RootTree& tree, std::span<const std::string> mount_points) {
  const RootTree whole = with_mount_points(tree, mount_points);
  // The longest first: the first that matches is the deepest.
  std::vector<std::string> mounts(mount_points.begin(), mount_points.end());
  std::sort(mounts.begin(), mounts.end(), [](const std::string& left, const std::string& right) {
    return left.size() != right.size() ? left.size() > right.size() : left < right;
  });
  std::map<std::string, Part, std::less<>> parts;
  for (const std::string& mount : mounts)
    parts[mount].tree = {
        .host_path = whole.host_path, .inodes = {}, .entries = {}, .distant = whole.distant};
  for (const Entry& entry : whole.entries) {
    if (const auto own = parts.find(entry.path); own != parts.end()) {
      own->second.add("/", whole, entry.inode);
      if (entry.path == "/") continue;
    }
    const auto mount =
        std::find_if(mounts.begin(), mounts.end(), [&](const std::string& candidate) {
          return base::is_below(entry.path, candidate);
        });
    if (mount == mounts.end()) continue;
    const std::string path = *mount == "/" ? entry.path : entry.path.substr(mount->size());
    parts[*mount].add(path, whole, entry.inode);
  }
  std::map<std::string, RootTree, std::less<>> trees;
  for (auto& [mount, part] : parts)
    trees.emplace(mount, std::move(part.tree));
  return trees;
}

} // namespace imagewright::tree
