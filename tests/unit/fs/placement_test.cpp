// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

#include <catch2/catch.hpp>

#include <imagewright/fs/placement.hpp>
#include <imagewright/fs/unique_fd.hpp>

using namespace imagewright;

TEST_CASE("ext4 is told that directories lie apart, and keeps its other flags") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::UniqueFd fd(::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statfs filesystem {};
  REQUIRE(::fstatfs(fd.get(), &filesystem) == 0);
  unsigned before = 0;
  unsigned after = 0;
  const bool knows_flags = ::ioctl(fd.get(), FS_IOC_GETFLAGS, &before) == 0;
  fs::let_directories_lie_apart(scratch.path());
  if (!knows_flags || filesystem.f_type != EXT4_SUPER_MAGIC) {
    WARN("the scratch directory is not on ext4: nothing to see here");
    return;
  }
  REQUIRE(::ioctl(fd.get(), FS_IOC_GETFLAGS, &after) == 0);
  CHECK(after == (before | FS_TOPDIR_FL));
}

TEST_CASE("a directory that is not there is left to whoever needs it") {
  const imagewright_test::ScratchDirectory scratch;
  CHECK_NOTHROW(fs::let_directories_lie_apart(scratch.path() / "none"));
}
