// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "tree_removal.hpp"

namespace imagewright::fs {

TemporaryDirectory::TemporaryDirectory(const std::filesystem::path& parent,
                                       std::string_view prefix) {
  std::string pattern = fmt::format("{}/{}XXXXXX", parent.string(), prefix);
  if (::mkdtemp(pattern.data()) == nullptr) {
    base::throw_system_error("fs.cannot-write", "cannot make a directory in", parent.string(),
                             errno);
  }
  path_ = pattern;
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
  }
  return *this;
}

TemporaryDirectory::~TemporaryDirectory() {
  remove();
}

std::filesystem::path TemporaryDirectory::release() {
  return std::exchange(path_, {});
}

void TemporaryDirectory::remove() noexcept {
  if (path_.empty()) return;
  try {
    remove_tree(path_);
  } catch (const base::Error&) {
    // A destructor cannot report it, and what is left is a hidden directory of ours, ignoring.
  }
  path_.clear();
}

void remove_tree(const std::filesystem::path& path) {
  const UniqueFd parent(::open(path.parent_path().empty() ? "." : path.parent_path().c_str(),
                               O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) {
    if (errno == ENOENT) return;
    base::throw_system_error("fs.cannot-write", "cannot remove", path.string(), errno);
  }
  remove_tree_at(parent.get(), path.filename().string(), path.string());
}

} // namespace imagewright::fs
