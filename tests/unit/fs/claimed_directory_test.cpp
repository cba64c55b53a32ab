// SPDX-License-Identifier: MIT
#include <fstream>

#include <imagewright_test/scratch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/fs/claimed_directory.hpp>

using namespace imagewright;

namespace {

std::size_t entries_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

/// Claims a directory, puts a file into it, and ends as a killed process does: without destructors.
void leave_behind(const std::filesystem::path& parent) {
  const pid_t child = ::fork();
  if (child == 0) {
    const fs::ClaimedDirectory directory(parent, ".work-");
    std::ofstream(directory.path() / "half") << "content";
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

} // namespace

TEST_CASE("what a dead owner left is removed by the next one") {
  const imagewright_test::ScratchDirectory scratch;
  leave_behind(scratch.path());
  leave_behind(scratch.path());
  // The second removed what the first had left.
  REQUIRE(entries_in(scratch.path()) == 1);
  {
    const fs::ClaimedDirectory directory(scratch.path(), ".work-");
    CHECK(entries_in(scratch.path()) == 1);
    CHECK(std::filesystem::is_empty(directory.path()));
  }
  CHECK(entries_in(scratch.path()) == 0);
}

TEST_CASE("the directory of a living owner stays") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::ClaimedDirectory first(scratch.path(), ".work-");
  const fs::ClaimedDirectory second(scratch.path(), ".work-");
  CHECK(std::filesystem::exists(first.path()));
  CHECK(entries_in(scratch.path()) == 2);
}

TEST_CASE("only directories with the prefix are removed, and no links") {
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "place/.other-1");
  std::filesystem::create_directories(scratch / "elsewhere/kept");
  std::filesystem::create_directory_symlink(scratch / "elsewhere", scratch / "place/.work-link");
  scratch.write("place/.work-file", "x");
  fs::remove_abandoned(scratch / "place", ".work-");
  CHECK(entries_in(scratch / "place") == 3);
  CHECK(std::filesystem::exists(scratch / "elsewhere/kept"));
}
