// SPDX-License-Identifier: MIT
#include "package_files.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "package_copies.hpp"

namespace imagewright::install {

namespace {

fs::UniqueFd from_the_beginning(int descriptor) {
  fs::UniqueFd file(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!file || ::lseek(file.get(), 0, SEEK_SET) != 0)
    base::throw_system_error("install.package-missing", "cannot open", "a package", errno);
  return file;
}

} // namespace

fs::UniqueFd PackageFiles::open(std::size_t index) const {
  if (directory_ < 0) return from_the_beginning(descriptors_.at(index));
  const std::string name = copy_name(index);
  fs::UniqueFd file(::openat(directory_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) base::throw_system_error("install.package-missing", "cannot open", name, errno);
  return file;
}

} // namespace imagewright::install
