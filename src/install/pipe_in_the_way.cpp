// SPDX-License-Identifier: MIT
#include "pipe_in_the_way.hpp"

#include <sys/stat.h>

#include <rpm/rpmtag.h>
#include <rpm/rpmtd.h>

namespace imagewright::install {

namespace {

/// Also behind links, as it would be opened.
bool is_pipe(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

} // namespace

std::string find_pipe_in_the_way(Header package) {
  for (const char* accounts : {"/etc/passwd", "/etc/group"}) {
    if (is_pipe(accounts)) return accounts;
  }
  std::string found;
  rpmtd directories = rpmtdNew();
  if (headerGet(package, RPMTAG_DIRNAMES, directories, HEADERGET_MINMEM) != 0) {
    while (const char* name = found.empty() ? rpmtdNextString(directories) : nullptr) {
      std::string directory = name;
      while (directory.size() > 1 && directory.ends_with('/'))
        directory.pop_back();
      if (is_pipe(directory)) found = directory;
    }
    rpmtdFreeData(directories);
  }
  rpmtdFree(directories);
  return found;
}

} // namespace imagewright::install
