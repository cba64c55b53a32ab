// SPDX-License-Identifier: MIT
#include "package_files.hpp"

#include <cerrno>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "package_copies.hpp"

namespace imagewright::install {

fs::UniqueFd PackageFiles::open(std::size_t index) const {
  const std::string name = copy_name(index);
  fs::UniqueFd file(::openat(directory_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) base::throw_system_error("install.package-missing", "cannot open", name, errno);
  return file;
}

} // namespace imagewright::install
