// SPDX-License-Identifier: MIT
#include "context.hpp"

#include <cerrno>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::finalize {

namespace {

/// The path of an open file as the image sees it, without links on the way.
std::string path_in_root(const fs::RootDir& root, const fs::UniqueFd& file) {
  namespace files = std::filesystem;
  const auto target = files::read_symlink("/proc/self/fd/" + std::to_string(file.get()));
  return "/" + target.lexically_relative(files::canonical(root.host_path())).string();
}

} // namespace

void own(const Context& context, const std::string& path, uid_t user, gid_t group) {
  const auto file = context.root.open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (::fchownat(file.get(), "", user, group, AT_EMPTY_PATH) == 0) return;
  // Without privilege the host cannot store it: the image gets it from the list.
  if (errno != EPERM && errno != EINVAL) {
    base::throw_system_error("finalize.cannot-own", "cannot change the owner of", path, errno);
  }
  if (user == 0 && group == 0) return;
  context.sealed.owners.push_back({path_in_root(context.root, file), user, group});
}

std::string content_of(const model::FileContent& content) {
  if (const auto* text = std::get_if<std::string>(&content)) return *text;
  return fs::read_file(std::get<std::filesystem::path>(content));
}

} // namespace imagewright::finalize
