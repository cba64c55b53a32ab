// SPDX-License-Identifier: MIT
#include "context.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::finalize {

void own(const Context& context, const std::string& path, uid_t user, gid_t group) {
  context.sealed.owners.push_back({path, user, group});
  const auto file = context.root.open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (::fchownat(file.get(), "", user, group, AT_EMPTY_PATH) == 0) return;
  // Without privilege the owner stays what it is on this host, ignoring: the list above is what
  // counts.
  if (errno != EPERM && errno != EINVAL) {
    base::throw_system_error("finalize.cannot-own", "cannot change the owner of", path, errno);
  }
}

std::string content_of(const model::FileContent& content) {
  if (const auto* text = std::get_if<std::string>(&content)) return *text;
  return fs::read_file(std::get<std::filesystem::path>(content));
}

} // namespace imagewright::finalize
