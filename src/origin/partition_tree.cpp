// SPDX-License-Identifier: MIT
#include "partition_tree.hpp"

#include <algorithm>
#include <map>

#include <imagewright/origin/extraction.hpp>

#include "base_files.hpp"

namespace imagewright::origin {

namespace {

/// Mount points of others in this filesystem, and what is below them.
bool is_at_or_below_mount(const BaseImage& base, std::size_t filesystem, const std::string& path) {
  const std::string& own = base.filesystems()[filesystem].mount_point;
  const std::string whole = own == "/" ? path : own + path;
  return std::ranges::any_of(base.filesystems(),
                             [&](const BaseFilesystem& other) {
                               return other.mount_point == whole && other.mount_point != own;
                             }) ||
         is_hidden(base, filesystem, path);
}

/// Takes over the names of another tree, each inode once.
class Copier {
public:
  Copier(const tree::RootTree& from, tree::RootTree& to) : from_(from), to_(to) {}

  tree::Inode& add(const tree::Entry& entry) {
    const auto [place, is_new] = inodes_.emplace(entry.inode, to_.inodes.size());
    if (is_new) {
      to_.inodes.push_back(from_.inodes[entry.inode]);
      to_.inodes.back().name_count = 0;
    }
    ++to_.inodes[place->second].name_count;
    to_.entries.push_back({entry.path, place->second});
    return to_.inodes[place->second];
  }

private:
  const tree::RootTree& from_;
  tree::RootTree& to_;
  std::map<std::size_t, std::size_t> inodes_;
};

/// The inodes in the order of their first names, as a scan gives them.
tree::RootTree in_order(tree::RootTree tree) {
  std::ranges::sort(tree.entries, [](const tree::Entry& left, const tree::Entry& right) {
    return tree::is_before(left.path, right.path);
  });
  tree::RootTree ordered{
      .host_path = tree.host_path, .inodes = {}, .entries = {}, .distant = tree.distant};
  std::map<std::size_t, std::size_t> places;
  for (const tree::Entry& entry : tree.entries) {
    const auto [place, is_new] = places.emplace(entry.inode, ordered.inodes.size());
    if (is_new) ordered.inodes.push_back(tree.inodes[entry.inode]);
    ordered.entries.push_back({entry.path, place->second});
  }
  return ordered;
}

bool is_same_owner(const tree::Inode& inode, const tree::Inode& known) {
  return inode.permissions == known.permissions && inode.owner == known.owner &&
         inode.group == known.group && inode.attributes == known.attributes;
}

bool is_same(const tree::Inode& inode, const tree::Inode& known, bool has_owners) {
  return inode.type == known.type && inode.modified == known.modified &&
         inode.modified_nanoseconds == known.modified_nanoseconds && inode.flags == known.flags &&
         inode.device == known.device && inode.target == known.target && inode.size == known.size &&
         inode.name_count == known.name_count && (!has_owners || is_same_owner(inode, known));
}

} // namespace

tree::RootTree with_hidden_files(tree::RootTree part, const DiskRequest& request,
                                 std::size_t filesystem) {
  const BaseFilesystem& known = request.base.filesystems()[filesystem];
  const auto is_of_base = [&](const std::string& path) {
    return is_at_or_below_mount(request.base, filesystem, path);
  };
  tree::RootTree whole{
      .host_path = part.host_path, .inodes = {}, .entries = {}, .distant = part.distant};
  Copier own(part, whole);
  for (const tree::Entry& entry : part.entries) {
    if (!is_of_base(entry.path)) own.add(entry);
  }
  Copier hidden(known.table, whole);
  const BaseFiles contents(request.base);
  for (const tree::Entry& entry : known.table.entries) {
    if (!is_of_base(entry.path)) continue;
    tree::Inode& inode = hidden.add(entry);
    if (inode.type != fs::FileType::regular) continue;
    inode.content = entry.path;
    inode.distant = content_number(filesystem, entry.inode);
    inode.stored_size = contents.stored_size(*inode.distant);
  }
  return in_order(std::move(whole));
}

std::optional<std::string> first_difference(const tree::RootTree& part, const DiskRequest& request,
                                            std::size_t filesystem) {
  const BaseFilesystem& known = request.base.filesystems()[filesystem];
  const tree::RootTree& table = known.table;
  std::map<std::size_t, std::size_t> twins; ///< from the part's inodes to the table's
  for (std::size_t index = 0; index < part.entries.size(); ++index) {
    const tree::Entry& entry = part.entries[index];
    if (index >= table.entries.size() || table.entries[index].path != entry.path) {
      const bool is_gone =
          index < table.entries.size() && tree::is_before(table.entries[index].path, entry.path);
      return is_gone ? table.entries[index].path : entry.path;
    }
    // What is mounted over it is not a part of it.
    if (is_at_or_below_mount(request.base, filesystem, entry.path)) continue;
    const std::size_t twin = table.entries[index].inode;
    const tree::Inode& inode = part.inodes[entry.inode];
    if (twins.emplace(entry.inode, twin).first->second != twin) return entry.path;
    if (!is_same(inode, table.inodes[twin], !known.is_fat)) return entry.path;
    const bool is_file = inode.type == fs::FileType::regular;
    if (is_file && inode.distant != content_number(filesystem, twin)) return entry.path;
  }
  if (table.entries.size() > part.entries.size()) return table.entries[part.entries.size()].path;
  return std::nullopt;
}

} // namespace imagewright::origin
