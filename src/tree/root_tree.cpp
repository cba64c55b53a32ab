// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

namespace {

// "/" sorts before every other byte, so that a directory's content directly follows it.
int rank(char character) {
  return character == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(character));
}

} // namespace

bool is_before(std::string_view left, std::string_view right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      [](char a, char b) { return rank(a) < rank(b); });
}

const Inode* RootTree::find(std::string_view path) const {
  const auto place = std::lower_bound(
      entries.begin(), entries.end(), path,
      [](const Entry& entry, std::string_view wanted) { return is_before(entry.path, wanted); });
  if (place == entries.end() || place->path != path) return nullptr;
  return &inodes.at(place->inode);
}

ContentReader::ContentReader(std::filesystem::path host_path)
    : host_path_(std::move(host_path)),
      root_(::open(host_path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!root_) base::throw_system_error("tree.cannot-read", "cannot open", host_path_, errno);
}

fs::UniqueFd ContentReader::open(const Inode& inode) const {
  IMAGEWRIGHT_ASSERT(inode.type == fs::FileType::regular);
  const std::string shown = host_path_.string() + inode.content;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string relative = inode.content.substr(inode.content.find_first_not_of('/'));
  fs::UniqueFd file(
      static_cast<int>(syscall(SYS_openat2, root_.get(), relative.c_str(), &how, sizeof how)));
  if (!file) base::throw_system_error("tree.cannot-read", "cannot open", shown, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    base::throw_system_error("tree.cannot-read", "cannot examine", shown, errno);
  }
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != inode.size) {
    throw base::Error(base::FailureKind::build, "tree.cannot-read",
                      fmt::format("{} changed while the image was written", base::quoted(shown)),
                      "let nothing else work in the build directory, and build again");
  }
  return file;
}

} // namespace imagewright::tree
