// SPDX-License-Identifier: MIT
#include "device_files.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include "problems.hpp"

namespace imagewright::install {

namespace {

template <typename Visit>
void for_each_device(Header header, const Visit& visit) {
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  while (rpmfiNext(files.get()) >= 0) {
    const mode_t mode = rpmfiFMode(files.get());
    // librpm 4.18.0 waits at a FIFO for somebody who writes.
    if (!S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode)) continue;
    if ((rpmfiFFlags(files.get()) & RPMFILE_GHOST) != 0) continue;
    visit(files.get());
  }
}

/// As librpm does it: who is unknown is root.
uid_t user_id(const char* name) {
  const passwd* entry = name == nullptr ? nullptr : ::getpwnam(name);
  return entry == nullptr ? 0 : entry->pw_uid;
}

gid_t group_id(const char* name) {
  const group* entry = name == nullptr ? nullptr : ::getgrnam(name);
  return entry == nullptr ? 0 : entry->gr_gid;
}

bool make_device(const fs::RootDir& image, rpmfi file) {
  const std::string directory = rpmfiDN(file);
  const char* name = rpmfiBN(file);
  image.make_directories(directory);
  const fs::UniqueFd parent = image.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const mode_t mode = rpmfiFMode(file);
  const timespec time{static_cast<time_t>(rpmfiFMtime(file)), 0};
  const timespec times[2] = {time, time};
  const auto device = static_cast<dev_t>(rpmfiFRdev(file));
  return ::mknodat(parent.get(), name, mode, device) == 0 &&
         ::fchownat(parent.get(), name, user_id(rpmfiFUser(file)), group_id(rpmfiFGroup(file)),
                    AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fchmodat(parent.get(), name, mode & 07777U, 0) == 0 &&
         ::utimensat(parent.get(), name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

} // namespace

DeviceExclusions::DeviceExclusions(Header header) {
  for_each_device(header, [this](rpmfi file) { paths_.emplace_back(rpmfiFN(file)); });
  for (std::string& path : paths_)
    relocations_.push_back({path.data(), nullptr});
  // The end of the list.
  if (!paths_.empty()) relocations_.push_back({nullptr, nullptr});
}

rpmRelocation* DeviceExclusions::list() {
  return relocations_.empty() ? nullptr : relocations_.data();
}

void make_device_files(const std::vector<CheckedPackage>& packages, const fs::RootDir& image) {
  for (const CheckedPackage& package : packages) {
    for_each_device(package.header.get(), [&](rpmfi file) {
      if (make_device(image, file)) return;
      throw_unpack_error(
          nevra_of(package.header.get()).to_string(),
          {{LogLevel::error, std::string(rpmfiFN(file)) + ": " + std::strerror(errno)}});
    });
  }
}

} // namespace imagewright::install
