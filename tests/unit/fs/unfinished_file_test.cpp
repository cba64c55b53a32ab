// SPDX-License-Identifier: MIT
#include <filesystem>
#include <optional>
#include <utility>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unfinished_file.hpp>

using namespace imagewright;

TEST_CASE("a file that is not finished is gone with its owner") {
  const fs::TemporaryDirectory directory(std::filesystem::temp_directory_path(), "unfinished-");
  const auto path = directory.path() / "disk.raw";
  {
    const fs::UnfinishedFile file(path);
    CHECK(std::filesystem::exists(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    fs::UnfinishedFile file(path);
    fs::write_exactly(file.fd(), std::as_bytes(std::span("abc", 3)), 0, path.string());
    file.keep();
  }
  CHECK(fs::read_file(path) == "abc");
}

TEST_CASE("a new file never replaces another, and leaves it alone") {
  const fs::TemporaryDirectory directory(std::filesystem::temp_directory_path(), "unfinished-");
  const auto path = directory.path() / "disk.raw";
  const auto other = directory.path() / "other.raw";
  fs::write_file_atomically(path, "theirs");
  fs::write_file_atomically(other, "ours");
  CHECK_THROWS_AS(fs::UnfinishedFile(path), base::Error);
  CHECK_THROWS_AS(fs::UnfinishedFile::take_over(other, path), base::Error);
  CHECK(fs::read_file(path) == "theirs");
  CHECK(fs::read_file(other) == "ours");
}

TEST_CASE("a file that was taken over is owned under its new name") {
  const fs::TemporaryDirectory directory(std::filesystem::temp_directory_path(), "unfinished-");
  const auto from = directory.path() / "from";
  const auto into = directory.path() / "into";
  fs::write_file_atomically(from, "content");
  {
    const auto file = fs::UnfinishedFile::take_over(from, into);
    CHECK(std::filesystem::exists(into));
    CHECK_FALSE(std::filesystem::exists(from));
  }
  CHECK_FALSE(std::filesystem::exists(into));
}

TEST_CASE("the owner of an unfinished file may change") {
  const fs::TemporaryDirectory directory(std::filesystem::temp_directory_path(), "unfinished-");
  std::optional<fs::UnfinishedFile> second;
  {
    fs::UnfinishedFile first = fs::UnfinishedFile::make_beside(directory.path() / "name");
    second.emplace(std::move(first));
  }
  const auto path = second->path();
  CHECK(std::filesystem::exists(path));
  second.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}
