// SPDX-License-Identifier: MIT
#include "pipe_in_the_way.hpp"

#include <algorithm>
#include <array>

#include <sys/stat.h>

#include <fmt/format.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmtd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

/// Also behind links, as it would be opened.
bool is_pipe(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

constexpr std::array k_opened{"/etc/ld.so.cache",     "/etc/ld.so.preload",
                              "/etc/passwd",          "/etc/group",
                              "/etc/nsswitch.conf",   "/etc/rpm/platform",
                              "/etc/gcrypt/hwf.deny", "/etc/gcrypt/random.conf",
                              "/etc/localtime",       "/usr/lib/ssl/openssl.cnf",
                              "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"};

} // namespace

std::string find_opened_pipe() {
  const auto* found = std::ranges::find_if(k_opened, is_pipe);
  return found == k_opened.end() ? std::string() : std::string(*found);
}

void require_no_pipes() {
  const std::string pipe = find_opened_pipe();
  if (pipe.empty()) return;
  throw base::Error(
      base::FailureKind::build, "install.unpack-failed",
      fmt::format("no package can be installed: {} in the root is a pipe", base::quoted(pipe)),
      "replace it in the image that is customized");
}

std::string find_pipe_in_the_way(Header package) {
  std::string found = find_opened_pipe();
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
