// SPDX-License-Identifier: MIT
#include <imagewright/model/lock.hpp>

namespace imagewright::model {

const ArchitectureLock* Lock::find(const std::string& architecture) const {
  for (const ArchitectureLock& lock : architectures) {
    if (lock.architecture == architecture) return &lock;
  }
  return nullptr;
}

} // namespace imagewright::model
