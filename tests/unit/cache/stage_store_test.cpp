// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/cache/stage_store.hpp>
#include <imagewright/fs/file.hpp>

using namespace imagewright;
namespace files = std::filesystem;
using imagewright_test::read_text;
using Finding = cache::StageStore::Finding;

namespace {

struct Store {
  Store() { files::permissions(top.path(), files::perms::owner_all); }

  fs::FileContent put(const std::string& text) {
    const auto path = beside.write("source", text);
    return cache::StageStore(top.path()).put_content(fs::open_for_reading(path).get(), "source");
  }

  /// What the store gives for this content, and the text when that is whole.
  std::pair<Finding, std::string> get(const fs::FileContent& content) {
    const auto path = beside.write("target", "");
    const Finding finding = cache::StageStore(top.path())
                                .copy_content(content, fs::open_for_writing(path).get(), "target");
    return {finding, finding == Finding::found ? read_text(path) : ""};
  }

  files::path only_file(const std::string& below) const {
    std::vector<files::path> found;
    for (const auto& entry : files::recursive_directory_iterator(top / ("stages/" + below)))
      if (!entry.is_directory()) found.push_back(entry.path());
    REQUIRE(found.size() == 1);
    return found.front();
  }

  static void overwrite(const files::path& path, const std::string& text) {
    files::permissions(path, files::perms::owner_read | files::perms::owner_write);
    std::ofstream(path, std::ios::binary) << text;
  }

  imagewright_test::ScratchDirectory top;
  imagewright_test::ScratchDirectory beside;
};

} // namespace

TEST_CASE_METHOD(Store, "gives back an entry under its key and no other") {
  cache::StageStore store(top.path());
  CHECK(store.find_entry("root", "a").finding == Finding::absent);
  store.put_entry("root", "a", "one\ntwo");
  CHECK(store.find_entry("root", "a").text == "one\ntwo");
  CHECK(store.find_entry("root", "b").finding == Finding::absent);
  CHECK(store.find_entry("other", "a").finding == Finding::absent);
}

TEST_CASE_METHOD(Store, "an entry that was put in the place of another one is damaged") {
  cache::StageStore store(top.path());
  store.put_entry("root", "a", "of a");
  const auto place = only_file("entries");
  const std::string theirs = read_text(place);
  files::remove(place);
  store.put_entry("root", "b", "of b");
  overwrite(only_file("entries"), theirs);
  CHECK(store.find_entry("root", "b").finding == Finding::damaged);
  CHECK(store.find_entry("root", "b").finding == Finding::absent);
}

TEST_CASE_METHOD(Store, "a damaged entry is removed, however it is damaged") {
  cache::StageStore store(top.path());
  store.put_entry("root", "a", "a text");
  const auto place = only_file("entries");
  const std::string whole = read_text(place);
  SECTION("cut off") {
    overwrite(place, whole.substr(0, whole.size() - 1));
  }
  SECTION("empty") {
    overwrite(place, "");
  }
  SECTION("changed") {
    overwrite(place, whole.substr(0, whole.size() - 1) + "!");
  }
  SECTION("others may write it") {
    files::permissions(place, files::perms::others_write, files::perm_options::add);
  }
  SECTION("a link") {
    const auto elsewhere = beside.write("entry", whole);
    files::remove(place);
    files::create_symlink(elsewhere, place);
  }
  SECTION("a FIFO, which nobody waits for") {
    files::remove(place);
    REQUIRE(::mkfifo(place.c_str(), 0600) == 0);
  }
  SECTION("a directory") {
    files::remove(place);
    files::create_directory(place);
  }
  SECTION("of another user") {
    if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root can give files away");
    REQUIRE(::chown(place.c_str(), 1, 1) == 0);
  }
  CHECK(store.find_entry("root", "a").finding == Finding::damaged);
  CHECK(store.find_entry("root", "a").finding == Finding::absent);
}

TEST_CASE_METHOD(Store, "keeps each content once, with its holes") {
  const auto path = beside.write("sparse", "begin");
  files::resize_file(path, 1 << 20);
  {
    const auto file = fs::open_for_writing(path);
    fs::write_exactly(file.get(), std::as_bytes(std::span("end", 3)), (1 << 20) - 3, "sparse");
  }
  cache::StageStore store(top.path());
  const auto content = store.put_content(fs::open_for_reading(path).get(), "sparse");
  CHECK(content.size == 1 << 20);
  CHECK(content.digest == fs::digest_of_file(path));
  CHECK(store.put_content(fs::open_for_reading(path).get(), "sparse") == content);
  only_file("content");
  const auto [finding, text] = get(content);
  CHECK(finding == Finding::found);
  CHECK(text == read_text(path));
  struct stat before {};
  struct stat after {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  REQUIRE(::stat((beside / "target").c_str(), &after) == 0);
  CHECK(after.st_blocks == before.st_blocks);
}

TEST_CASE_METHOD(Store, "damaged content is never given, and is put anew") {
  const auto content = put("the content");
  CHECK(get(content).second == "the content");
  const auto place = only_file("content");
  SECTION("changed, of the same size") {
    overwrite(place, "the cantent");
  }
  SECTION("cut off") {
    overwrite(place, "the con");
  }
  SECTION("others may write it") {
    files::permissions(place, files::perms::group_write, files::perm_options::add);
  }
  SECTION("a link to the same") {
    const auto elsewhere = beside.write("content", "the content");
    files::remove(place);
    files::create_symlink(elsewhere, place);
  }
  CHECK(get(content).first == Finding::damaged);
  CHECK(get(content).first == Finding::absent);
  put("the content");
  CHECK(get(content).second == "the content");
}

TEST_CASE_METHOD(Store,
                 "once something was damaged, what is there is looked at before it is kept") {
  const auto content = put("the content");
  cache::StageStore store(top.path());
  store.put_entry("root", "a", "text");
  overwrite(only_file("entries"), "nothing");
  overwrite(only_file("content"), "the cantent");
  CHECK(store.find_entry("root", "a").finding == Finding::damaged);
  const auto path = beside.write("source", "the content");
  store.put_content(fs::open_for_reading(path).get(), "source");
  CHECK(get(content).second == "the content");
}

TEST_CASE_METHOD(Store, "where others can write nothing is believed and nothing is put") {
  { cache::StageStore(top.path()).put_entry("root", "a", "text"); }
  SECTION("in the cache directory") {
    files::permissions(top.path(), files::perms::others_write, files::perm_options::add);
  }
  SECTION("in the folder") {
    files::permissions(top / "stages/entries", files::perms::group_write, files::perm_options::add);
  }
  cache::StageStore store(top.path());
  CHECK_FALSE(store.distrust().empty());
  CHECK(store.find_entry("root", "a").finding == Finding::absent);
  store.put_entry("root", "b", "text");
  only_file("entries");
}

TEST_CASE_METHOD(Store, "removes what was not used for the longest time") {
  const auto old = put(std::string(8192, 'a'));
  const auto used = put(std::string(8192, 'b'));
  const auto stale = [](const files::path& path) {
    files::last_write_time(path, files::file_time_type::clock::now() - std::chrono::hours(48));
    const timespec times[2] = {{1, 0}, {1, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  };
  for (const auto& entry : files::recursive_directory_iterator(top / "stages/content"))
    if (entry.is_regular_file()) stale(entry.path());
  CHECK(get(used).first == Finding::found);
  cache::StageStore(top.path()).evict(base::ByteSize(1 << 20));
  CHECK(get(used).first == Finding::found);
  cache::StageStore(top.path()).evict(base::ByteSize(10000));
  CHECK(get(old).first == Finding::absent);
  CHECK(get(used).first == Finding::found);
}
