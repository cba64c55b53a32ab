// SPDX-License-Identifier: MIT
#include <chrono>
#include <fstream>
#include <thread>

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

TEST_CASE("what is still being written to when it is removed is gone afterwards") {
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::path path;
  std::jthread writer;
  {
    const fs::TemporaryDirectory directory(scratch.path(), "work-");
    path = directory.path();
    std::filesystem::create_directories(path / "a/b");
    // As a process that was killed does until it is really gone.
    writer = std::jthread([path] {
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(150);
      for (int number = 0; std::chrono::steady_clock::now() < end; ++number)
        std::ofstream(path / "a/b" / std::to_string(number % 500));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}
