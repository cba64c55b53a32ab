// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <imagewright/fs/placement.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

void let_directories_lie_apart(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  unsigned flags = 0;
  if (!fd || ::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0) return;
  flags |= FS_TOPDIR_FL;
  // Nothing but speed depends on it, ignoring.
  static_cast<void>(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags));
}

} // namespace imagewright::fs
