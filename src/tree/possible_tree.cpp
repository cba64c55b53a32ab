// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/tree/possible_tree.hpp>

namespace imagewright::tree {

namespace {

constexpr std::uint64_t k_largest_file = std::numeric_limits<std::int64_t>::max();

void require(bool condition, const char* what) {
  if (!condition) throw base::BugError(what);
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Directories have one name.
void check_names(const RootTree& table) {
  require(!table.entries.empty() && table.entries.front().path == "/", "a tree has no root");
  std::vector<std::uint32_t> names(table.inodes.size());
  std::vector<std::string_view> directories; // from the root to the one that was last
  std::string_view last;
  for (const Entry& entry : table.entries) {
    require(is_plain_path(entry.path), "a name leads elsewhere");
    require(last.empty() || is_before(last, entry.path), "names are not in order");
    require(entry.inode < table.inodes.size(), "a name is of no file");
    last = entry.path;
    const bool is_root = entry.path == "/";
    const std::string_view parent = is_root ? std::string_view() : parent_of(entry.path);
    while (!directories.empty() && directories.back() != parent)
      directories.pop_back();
    require(is_root || !directories.empty(), "a name is in no directory");
    const bool is_directory = table.inodes[entry.inode].type == fs::FileType::directory;
    require(is_directory || !is_root, "a root is no directory");
    require(++names[entry.inode] == 1 || !is_directory, "a directory has two names");
    if (is_directory) directories.push_back(entry.path);
  }
  for (std::size_t number = 0; number < names.size(); ++number) {
    require(names[number] != 0, "a file has no name");
    require(names[number] == table.inodes[number].name_count, "a file has more or fewer names");
  }
}

void check_properties(const Inode& inode) {
  require(inode.permissions <= 07777U && inode.modified_nanoseconds < 1'000'000'000U &&
              inode.target.find('\0') == std::string::npos,
          "a file has impossible properties");
  require(inode.size <= k_largest_file && inode.stored_size <= k_largest_file &&
              (inode.size == 0 || inode.type == fs::FileType::regular),
          "a file has an impossible size");
  require(inode.text.empty() || inode.text.size() == inode.size, "a file has another size");
  for (const LatePlace& place : inode.late_places) {
    require(place.offset <= inode.size && place.text.size() <= inode.size - place.offset,
            "a text is not inside of its file");
  }
}

} // namespace

bool is_plain_path(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return false;
  return std::ranges::none_of(base::split(path.substr(1), '/'), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

void require_possible(const RootTree& tree) {
  check_names(tree);
  for (const Inode& inode : tree.inodes)
    check_properties(inode);
}

} // namespace imagewright::tree
