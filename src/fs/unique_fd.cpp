// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void UniqueFd::reset() {
  // close() can fail, but the descriptor is gone in any case; writers check with fsync before.
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

} // namespace imagewright::fs
