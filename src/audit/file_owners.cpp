// SPDX-License-Identifier: MIT
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <imagewright/audit/file_list.hpp>
#include <imagewright/audit/real_path.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/inspect/package_header.hpp>

namespace imagewright::audit {

namespace {

std::string content_of(const tree::RootTree& tree, const tree::Inode& inode) {
  std::string content(inode.size, '\0');
  tree::ContentReader(tree).open_content(inode).read(0, std::as_writable_bytes(std::span(content)));
  return content;
}

std::optional<std::vector<inspect::PackageHeader>> headers_in(const tree::RootTree& tree) {
  for (const std::string& path : inspect::package_database_paths()) {
    const tree::Inode* inode = tree.find(path);
    if (inode == nullptr || inode->type != fs::FileType::regular) continue;
    return inspect::read_package_headers(content_of(tree, *inode));
  }
  return std::nullopt;
}

} // namespace

std::map<std::string, std::string> file_owners(const tree::RootTree& tree) {
  const FindLink find_link = [&](const std::string& path) -> std::optional<std::string> {
    const tree::Inode* inode = tree.find(path);
    if (inode == nullptr || inode->type != fs::FileType::symlink) return std::nullopt;
    return inode->target;
  };
  std::map<std::string, std::string> owners;
  const auto headers = headers_in(tree);
  if (!headers) return owners;
  for (const inspect::PackageHeader& header : *headers) {
    const std::string name = header.nevra().name;
    for (const inspect::PackagedFile& file : header.files()) {
      const auto real = real_path(file.path, find_link);
      // Directories may be of several packages: the first by name has them, whatever the order.
      if (!real) continue;
      const auto [owner, is_new] = owners.emplace(*real, name);
      if (!is_new && name < owner->second) owner->second = name;
    }
  }
  return owners;
}

} // namespace imagewright::audit
