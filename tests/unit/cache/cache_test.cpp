// SPDX-License-Identifier: MIT
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/cache/cache.hpp>

using namespace imagewright;
using imagewright_test::read_text;
using imagewright_test::ScratchDirectory;

namespace {

template <typename Action>
std::string error_code_of(Action action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "no error";
}

void overwrite(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::ofstream(path, std::ios::binary) << content;
}

constexpr auto k_long_ago = std::chrono::system_clock::time_point::min();
constexpr auto k_far_future = std::chrono::system_clock::time_point::max();

} // namespace

TEST_CASE("gives back what was put, under its digest") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const base::Digest digest = cache.put_text("content");
  CHECK(digest == base::digest_of("content"));
  const auto path = cache.find(digest);
  REQUIRE(path.has_value());
  CHECK(read_text(*path) == "content");
  CHECK_FALSE(cache.find(base::digest_of("something else")).has_value());
}

TEST_CASE("a copy leaves its source alone and is found by other digests too") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const auto source = scratch.write("source", "package");
  const base::Digest digest = base::digest_of("package", base::DigestAlgorithm::sha512);
  CHECK(read_text(cache.put_copy(source, digest)) == "package");
  CHECK(read_text(source) == "package");
  CHECK(cache.find(digest).has_value());
}

TEST_CASE("refuses content that is not what it is called") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const auto source = scratch.write("source", "tampered");
  CHECK(error_code_of([&] { cache.put_copy(source, base::digest_of("package")); }) ==
        "cache.wrong-content");
  CHECK_FALSE(cache.find(base::digest_of("package")).has_value());
  CHECK(std::filesystem::is_empty(scratch / "cache/staging"));
}

TEST_CASE("a changed object is dropped, also after it was read once") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const base::Digest digest = cache.put_text("content");
  const auto path = cache.find(digest);
  REQUIRE(path.has_value());
  overwrite(*path, "tampered, longer");
  CHECK_FALSE(cache.find(digest).has_value());
  CHECK_FALSE(std::filesystem::exists(*path));
}

TEST_CASE("an object that another process damaged before is dropped") {
  const ScratchDirectory scratch;
  base::Digest digest;
  std::filesystem::path path;
  {
    cache::Cache cache(scratch / "cache");
    digest = cache.put_text("content");
    path = cache.find(digest).value();
  }
  overwrite(path, "CONTENT");
  cache::Cache cache(scratch / "cache");
  CHECK_FALSE(cache.find(digest).has_value());
}

TEST_CASE("notes are kept by kind and key and verified") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  CHECK_FALSE(cache.find_note("snapshot", "base").has_value());
  cache.put_note("snapshot", "base", "one\ntwo");
  cache.put_note("other", "base", "three");
  CHECK(cache.find_note("snapshot", "base") == "one\ntwo");
  cache.put_note("snapshot", "base", "new");
  CHECK(cache.find_note("snapshot", "base") == "new");
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "cache/notes/snapshot")) {
    overwrite(entry.path(), read_text(entry.path()) + "x");
  }
  CHECK_FALSE(cache.find_note("snapshot", "base").has_value());
}

TEST_CASE("a note that others can have written, or of another key, is not believed") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  cache.put_note("key", "mine", "my own");
  const auto note = std::filesystem::directory_iterator(scratch / "cache/notes/key")->path();
  CHECK(cache.find_note("key", "mine") == "my own");

  SECTION("that others may write") {
    std::filesystem::permissions(note, std::filesystem::perms::others_write,
                                 std::filesystem::perm_options::add);
    CHECK_FALSE(cache.find_note("key", "mine"));
  }
  SECTION("that is a link") {
    std::filesystem::rename(note, scratch / "elsewhere");
    std::filesystem::create_symlink(scratch / "elsewhere", note);
    CHECK_FALSE(cache.find_note("key", "mine"));
  }
  SECTION("of another user") {
    if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root can give files away");
    REQUIRE(::chown(note.c_str(), 12345, 12345) == 0);
    CHECK_FALSE(cache.find_note("key", "mine"));
  }
  SECTION("of another key") {
    cache.put_note("key", "yours", "your own");
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "cache/notes/key")) {
      if (entry.path() != note)
        std::filesystem::copy_file(entry.path(), note,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    CHECK(cache.find_note("key", "yours") == "your own");
    CHECK_FALSE(cache.find_note("key", "mine"));
  }
  // What is not believed is put anew.
  cache.put_note("key", "mine", "again");
  CHECK(cache.find_note("key", "mine") == "again");
}

TEST_CASE("of two trees for one key the first stays") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  for (const char* content : {"first", "second"}) {
    const fs::TemporaryDirectory staging = cache.stage();
    std::filesystem::create_directory(staging.path() / "tree");
    std::ofstream(staging.path() / "tree/file") << content;
    const auto path = cache.put_tree("root", "key", staging.path() / "tree");
    CHECK(read_text(path / "file") == "first");
  }
  CHECK(cache.find_tree("root", "key") == cache.tree_path("root", "key"));
  CHECK_FALSE(cache.find_tree("root", "other").has_value());
  CHECK(std::filesystem::is_empty(scratch / "cache/staging"));
}

TEST_CASE("an unfinished download is taken over once") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const base::Digest digest = base::digest_of("whole");
  CHECK_FALSE(cache.take_partial(digest, scratch / "target"));
  cache.keep_partial(digest, scratch.write("part", "who"));
  CHECK(cache.take_partial(digest, scratch / "target"));
  CHECK(read_text(scratch / "target") == "who");
  CHECK_FALSE(cache.take_partial(digest, scratch / "again"));
}

TEST_CASE("an unfinished download that leads elsewhere is not taken over") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const base::Digest digest = base::digest_of("whole");
  const auto victim = scratch.write("victim", "what the user had");
  const std::filesystem::path partial = scratch / "cache/partial" / digest.hex;

  SECTION("a link") {
    std::filesystem::create_symlink(victim, partial);
  }
  SECTION("another name of a file") {
    std::filesystem::create_hard_link(victim, partial);
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(partial.c_str(), 0600) == 0);
  }
  SECTION("a directory") {
    std::filesystem::create_directories(partial / "below");
  }
  SECTION("a file that others may write") {
    std::ofstream(partial) << "begun";
    std::filesystem::permissions(partial, std::filesystem::perms::others_write,
                                 std::filesystem::perm_options::add);
  }
  CHECK_FALSE(cache.take_partial(digest, scratch / "target"));
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(scratch / "target")));
  CHECK(read_text(victim) == "what the user had");
}

TEST_CASE("prune removes what was not used and counts it") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const base::Digest digest = cache.put_text("content");
  cache.put_note("kind", "key", "note");
  const cache::Usage before = cache.usage();
  CHECK(before.objects == 1);
  CHECK(before.notes == 1);
  CHECK(before.size > base::ByteSize(7));
  CHECK(cache.prune(k_long_ago) == cache::Usage{});
  CHECK(cache.find(digest).has_value());
  CHECK(cache.prune(k_far_future) == before);
  CHECK_FALSE(cache.find(digest).has_value());
  CHECK(cache.usage() == cache::Usage{});
}

TEST_CASE("use counts for prune, not only making") {
  const ScratchDirectory scratch;
  base::Digest used;
  base::Digest unused;
  {
    cache::Cache cache(scratch / "cache");
    used = cache.put_text("used");
    unused = cache.put_text("unused");
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    for (const auto& digest : {used, unused}) {
      REQUIRE(::utimensat(AT_FDCWD, cache.find(digest)->c_str(), times, 0) == 0);
    }
  }
  cache::Cache cache(scratch / "cache");
  REQUIRE(cache.find(used).has_value());
  cache.prune(std::chrono::system_clock::from_time_t(2000));
  CHECK(cache.find(used).has_value());
  CHECK_FALSE(cache.find(unused).has_value());
}

TEST_CASE("prune removes what dead processes left") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  std::filesystem::create_directories(scratch / "cache/staging/stage-dead/deep");
  cache.keep_partial(base::digest_of("x"), scratch.write("part", "abc"));
  CHECK(cache.prune(k_long_ago).size == base::ByteSize(3));
  CHECK(std::filesystem::is_empty(scratch / "cache/staging"));
  CHECK(std::filesystem::is_empty(scratch / "cache/partial"));
}

TEST_CASE("prune refuses while somebody else uses the cache") {
  const ScratchDirectory scratch;
  cache::Cache cache(scratch / "cache");
  const base::Digest digest = cache.put_text("content");
  {
    const cache::Cache other(scratch / "cache");
    CHECK(error_code_of([&] { cache.prune(k_far_future); }) == "cache.busy");
  }
  CHECK(cache.find(digest).has_value());
  CHECK(cache.prune(k_far_future).objects == 1);
}

TEST_CASE("many builds may put and find the same content at once") {
  const ScratchDirectory scratch;
  std::vector<std::thread> threads;
  std::vector<int> found(4, 0);
  for (std::size_t index = 0; index < found.size(); ++index) {
    threads.emplace_back([&, index] {
      cache::Cache cache(scratch / "cache");
      for (int round = 0; round < 50; ++round) {
        const base::Digest digest = cache.put_text("content " + std::to_string(round));
        found[index] += cache.find(digest).has_value() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(found == std::vector<int>(4, 50));
}

TEST_CASE("says when the directory cannot be had") {
  const ScratchDirectory scratch;
  const auto file = scratch.write("file", "");
  CHECK(error_code_of([&] { const cache::Cache cache(file / "cache"); }) == "cache.cannot-open");
}
