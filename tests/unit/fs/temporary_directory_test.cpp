// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/fs/temporary_directory.hpp>

using namespace imagewright;

TEST_CASE("is gone with everything in it at the end of its scope") {
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::path path;
  {
    const fs::TemporaryDirectory directory(scratch.path(), "work-");
    path = directory.path();
    std::filesystem::create_directories(path / "a/b");
    std::filesystem::permissions(path / "a", std::filesystem::perms::none);
    CHECK(std::filesystem::exists(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a released directory stays") {
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::path path;
  {
    fs::TemporaryDirectory directory(scratch.path(), "work-");
    path = directory.release();
  }
  CHECK(std::filesystem::exists(path));
}
