// SPDX-License-Identifier: MIT
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/tree/edit.hpp>

namespace imagewright::tree {

TreeEditor::TreeEditor(RootTree tree) : tree_(std::move(tree)) {
  for (Entry& entry : tree_.entries)
    names_.emplace(std::move(entry.path), entry.inode);
  tree_.entries.clear();
}

const Inode* TreeEditor::find(std::string_view path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : &tree_.inodes.at(found->second);
}

std::vector<std::string> TreeEditor::list(std::string_view path) const {
  std::vector<std::string> names;
  const std::size_t start = path == "/" ? 1 : path.size() + 1;
  for (auto name = names_.upper_bound(path);
       name != names_.end() && base::is_below(name->first, path); ++name) {
    if (name->first.find('/', start) == std::string::npos)
      names.push_back(name->first.substr(start));
  }
  return names;
}

void TreeEditor::clear(const std::string& directory) {
  auto name = names_.upper_bound(directory);
  while (name != names_.end() && base::is_below(name->first, directory))
    name = names_.erase(name);
}

void TreeEditor::remove(const std::string& path) {
  IMAGEWRIGHT_ASSERT(path != "/");
  clear(path);
  const auto found = names_.find(path);
  if (found != names_.end()) names_.erase(found);
}

void TreeEditor::make_parents(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const std::string parent = path.substr(0, end);
    const Inode* found = find(parent);
    if (found == nullptr) {
      Inode directory;
      directory.type = fs::FileType::directory;
      directory.permissions = 0755;
      directory.modified = tree_.inodes.at(names_.at("/")).modified;
      names_.emplace(parent, tree_.inodes.size());
      tree_.inodes.push_back(std::move(directory));
    } else if (found->type != fs::FileType::directory) {
      throw base::Error(base::FailureKind::build, "tree.not-a-directory",
                        fmt::format("{} cannot be added: {} is not a directory in the root",
                                    base::quoted(path), base::quoted(parent)),
                        "remove what stands there, or make it a directory");
    }
  }
}

void TreeEditor::put(const std::string& path, Inode inode) {
  remove(path);
  make_parents(path);
  names_.emplace(path, tree_.inodes.size());
  tree_.inodes.push_back(std::move(inode));
}

void TreeEditor::drop_attributes(const std::function<bool(std::string_view name)>& is_unwanted) {
  for (Inode& inode : tree_.inodes) {
    std::erase_if(inode.attributes,
                  [&](const ExtendedAttribute& attribute) { return is_unwanted(attribute.name); });
  }
}

RootTree TreeEditor::finish() {
  RootTree finished{
      .host_path = tree_.host_path, .inodes = {}, .entries = {}, .distant = tree_.distant};
  std::map<std::size_t, std::size_t> places;
  for (const auto& [path, old_place] : names_) {
    const auto [place, is_new] = places.emplace(old_place, finished.inodes.size());
    if (is_new) {
      finished.inodes.push_back(std::move(tree_.inodes.at(old_place)));
      finished.inodes.back().name_count = 0;
    }
    ++finished.inodes.at(place->second).name_count;
    finished.entries.push_back({path, place->second});
  }
  names_.clear();
  tree_ = RootTree();
  return finished;
}

Inode text_file(std::string text, mode_t permissions, base::Epoch modified) {
  Inode inode;
  inode.permissions = permissions;
  inode.modified = modified;
  inode.size = text.size();
  inode.stored_size = text.size();
  inode.text = std::move(text);
  return inode;
}

Inode symbolic_link(std::string target, base::Epoch modified) {
  Inode inode;
  inode.type = fs::FileType::symlink;
  inode.permissions = 0777;
  inode.modified = modified;
  inode.target = std::move(target);
  return inode;
}

} // namespace imagewright::tree
