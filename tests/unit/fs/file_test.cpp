// SPDX-License-Identifier: MIT
#include <vector>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>

using namespace imagewright;

TEST_CASE("replaces a file at once and leaves nothing else") {
  const imagewright_test::ScratchDirectory scratch;
  fs::write_file_atomically(scratch / "a", "one");
  fs::write_file_atomically(scratch / "a", "two");
  CHECK(fs::read_file(scratch / "a") == "two");
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

TEST_CASE("tells absence from failure") {
  const imagewright_test::ScratchDirectory scratch;
  CHECK_FALSE(fs::find_file(scratch / "missing").has_value());
  CHECK_THROWS_AS(fs::read_file(scratch / "missing"), base::Error);
  scratch.write("big", std::string(100, 'x'));
  CHECK_THROWS_AS(fs::read_file(scratch / "big", base::ByteSize(99)), base::Error);
}

TEST_CASE("digests a sparse file like its full content") {
  const imagewright_test::ScratchDirectory scratch;
  const auto path = scratch / "sparse";
  const fs::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::ftruncate(fd.get(), 3 << 20) == 0);
  fs::write_exactly(fd.get(), std::as_bytes(std::span("data", 4)), 1 << 20, "sparse");
  std::string full(3 << 20, '\0');
  full.replace(1 << 20, 4, "data");
  CHECK(fs::digest_of_file(path) == base::digest_of(full));
  for (const auto algorithm : {base::DigestAlgorithm::sha384, base::DigestAlgorithm::sha512})
    CHECK(fs::digest_of_file(path, algorithm) == base::digest_of(full, algorithm));
  for (const std::size_t start : {0U, 7U, 1U << 20U, (1U << 20U) + 2U, 2U << 20U, 3U << 20U}) {
    CHECK(fs::digest_of_open_file(fd.get(), "sparse", base::DigestAlgorithm::sha256, start) ==
          base::digest_of(std::string_view(full).substr(start)));
  }
}

TEST_CASE("reading past the end is an error, not a short read") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::UniqueFd fd = fs::open_for_reading(scratch.write("a", "abc"));
  std::vector<std::byte> buffer(4);
  CHECK_THROWS_AS(fs::read_exactly(fd.get(), buffer, 0, "a"), base::Error);
}

TEST_CASE("copies a stretch of a file, or nothing that is not there") {
  const imagewright_test::ScratchDirectory scratch;
  const std::string content = std::string((2U << 20U) + 5, 'x') + "end";
  const fs::UniqueFd from = fs::open_for_reading(scratch.write("from", content));
  scratch.write("to", "");
  const fs::UniqueFd to = fs::open_for_writing(scratch / "to");
  const auto whole = fs::whole_of(from, "from");
  CHECK(whole.size == content.size());
  fs::copy_exactly({.fd = from.get(), .offset = 3, .size = whole.size - 3, .name = "from"},
                   to.get(), "to");
  CHECK(fs::read_file(scratch / "to") == content.substr(3));
  CHECK_THROWS_AS(
      fs::copy_exactly({.fd = from.get(), .offset = 3, .size = whole.size}, to.get(), ""),
      base::Error);
}

TEST_CASE("a pipe is written to, not replaced") {
  const imagewright_test::ScratchDirectory scratch;
  const auto path = scratch / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const fs::UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  fs::write_file_atomically(path, "text");
  CHECK(std::filesystem::is_fifo(path));
  std::string read(4, '\0');
  CHECK(::read(reader.get(), read.data(), read.size()) == 4);
  CHECK(read == "text");
}
