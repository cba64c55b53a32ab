// SPDX-License-Identifier: MIT
#pragma once

// Trees that are deeper than anything made on purpose.

#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <imagewright/fs/directory_cursor.hpp>

namespace imagewright_test {

/// Few descriptors for as long as a test runs.
class FewDescriptors {
public:
  FewDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  FewDescriptors(FewDescriptors&&) = delete;
  FewDescriptors& operator=(FewDescriptors&&) = delete;
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
  rlimit before_{};
};

inline imagewright::fs::UniqueFd directory_at(const std::filesystem::path& path) {
  return imagewright::fs::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Directories inside of one another, as a script makes them that never ends.
inline void make_deep(const std::filesystem::path& top, int depth) {
  imagewright::fs::DirectoryCursor cursor(directory_at(top));
  for (int level = 0; level < depth; ++level) {
    if (::mkdirat(cursor.fd(), "d", 0755) != 0 || !cursor.enter("d"))
      throw std::runtime_error("cannot make a deep directory");
  }
}

} // namespace imagewright_test
