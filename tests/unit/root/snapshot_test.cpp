// SPDX-License-Identifier: MIT
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/root/description.hpp>
#include <imagewright/root/snapshot.hpp>

using namespace imagewright;
namespace files = std::filesystem;

namespace {

/// Contents in memory.
class Contents final : public root::ContentStore {
public:
  fs::FileContent put(int file, const std::string& name) override {
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    std::string text = fs::read_file(path);
    static_cast<void>(name);
    const std::lock_guard lock(mutex_);
    fs::FileContent content{.digest = base::digest_of(text), .size = text.size(), .stretches = {}};
    texts_[content.digest.hex] = std::move(text);
    return content;
  }
  void get(const fs::FileContent& content, int target, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    fs::write_exactly(target, std::as_bytes(std::span(texts_.at(content.digest.hex))), 0, name);
  }

private:
  std::mutex mutex_;
  std::map<std::string, std::string> texts_;
};

struct Roots {
  root::WorkRoot& open(const files::path& directory) {
    roots.push_back(std::make_unique<root::WorkRoot>(
        root::WorkRootOptions{.directory = directory,
                              .run_record = beside / ("owners" + std::to_string(roots.size()))},
        root::ProgramOpener{}));
    return *roots.back();
  }

  imagewright_test::ScratchDirectory first;
  imagewright_test::ScratchDirectory second;
  imagewright_test::ScratchDirectory beside;
  std::vector<std::unique_ptr<root::WorkRoot>> roots;
  Contents contents;
  base::Cancellation cancellation;
  root::Workforce workforce{.thread_count = 2, .cancellation = cancellation};
};

root::SnapshotEntry entry(const std::string& path, fs::FileType type) {
  root::SnapshotEntry entry{.path = path, .type = type};
  if (type == fs::FileType::regular) entry.content.digest = base::digest_of("");
  return entry;
}

bool is_accepted(std::vector<root::SnapshotEntry> entries) {
  entries.insert(entries.begin(), entry("/", fs::FileType::directory));
  return root::snapshot_from(to_bytes(root::Snapshot{std::move(entries)})).has_value();
}

} // namespace

TEST_CASE_METHOD(Roots, "a root that is laid out is the one of which the snapshot was taken") {
  first.write("usr/bin/tool", "a program");
  first.write("etc/empty", "");
  files::permissions(first / "usr/bin/tool", static_cast<files::perms>(04755));
  files::create_hard_link(first / "usr/bin/tool", first / "usr/bin/other");
  files::create_symlink("../nowhere", first / "etc/link");
  REQUIRE(::mkfifo((first / "etc/fifo").c_str(), 0640) == 0);
  files::create_directories(first / "var/empty");
  files::permissions(first / "var/empty", static_cast<files::perms>(01700));
  const timespec times[2] = {{1000000, 5}, {1000000, 5}};
  for (const char* name : {"usr/bin/tool", "usr/bin", "etc"})
    REQUIRE(::utimensat(AT_FDCWD, (first / name).c_str(), times, 0) == 0);
  const bool has_attributes =
      ::setxattr((first / "etc/empty").c_str(), "user.note", "text", 4, 0) == 0;
  first.write("dev/console", "");
  root::WorkRoot& from = open(first.path());
  from.take_over({{"/dev/console", {.owner = 5, .device_type = S_IFCHR, .device = makedev(5, 1)}}});

  const auto taken = root::take_snapshot(from, contents, workforce);
  const auto bytes = to_bytes(taken.snapshot);
  REQUIRE(root::snapshot_from(bytes) == taken.snapshot);
  root::WorkRoot& into = open(second.path());
  root::lay_out(taken.snapshot, into, contents, workforce);

  auto again = root::take_snapshot(into, contents, workforce);
  CHECK(again.snapshot == taken.snapshot);
  CHECK(to_bytes(again.snapshot) == bytes);
  CHECK(into.record().at("/dev/console").device == makedev(5, 1));
  CHECK(files::hard_link_count(second / "usr/bin/other") == 2);
  if (has_attributes) {
    char value[8] = {};
    CHECK(::getxattr((second / "etc/empty").c_str(), "user.note", value, sizeof value) == 4);
  }
}

TEST_CASE_METHOD(Roots, "owners are laid out, by the host or in the record") {
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root can give files away");
  first.write("home/file", "x");
  first.write("home/setuid", "x");
  REQUIRE(::chown((first / "home/file").c_str(), 1000, 1001) == 0);
  REQUIRE(::chown((first / "home/setuid").c_str(), 7, 8) == 0);
  files::permissions(first / "home/setuid", static_cast<files::perms>(06755));
  const auto taken = root::take_snapshot(open(first.path()), contents, workforce);
  root::WorkRoot& into = open(second.path());
  root::lay_out(taken.snapshot, into, contents, workforce);
  CHECK(root::take_snapshot(into, contents, workforce).snapshot == taken.snapshot);
}

TEST_CASE_METHOD(Roots, "a digest is known until its file is changed") {
  first.write("file", "before");
  root::WorkRoot& from = open(first.path());
  const auto taken = root::take_snapshot(from, contents, workforce);
  taken.known.settle();
  struct stat status {};
  REQUIRE(::stat((first / "file").c_str(), &status) == 0);
  CHECK(taken.known.find(status) == base::digest_of("before"));
  const timespec times[2] = {status.st_atim, status.st_mtim};
  // Of the same size and with the times put back.
  {
    const auto file = fs::open_for_writing(first / "file");
    fs::write_exactly(file.get(), std::as_bytes(std::span("behind", 6)), 0, "file");
  }
  REQUIRE(::utimensat(AT_FDCWD, (first / "file").c_str(), times, 0) == 0);
  REQUIRE(::stat((first / "file").c_str(), &status) == 0);
  CHECK(taken.known.find(status) == std::nullopt);
}

TEST_CASE_METHOD(Roots, "a description tells everything that a program could read") {
  first.write("etc/file", "text");
  root::WorkRoot& from = open(first.path());
  const base::Epoch latest{std::chrono::seconds(1000)};
  const auto before = root::describe(from, {}, latest, workforce);
  const auto differs = [&] { return root::describe(from, {}, latest, workforce) != before; };
  CHECK_FALSE(differs());
  SECTION("content") {
    first.write("etc/file", "tixt");
  }
  SECTION("permissions") {
    files::permissions(first / "etc/file", files::perms::owner_read);
  }
  SECTION("owners in the record") {
    from.take_over({{"/etc/file", {.owner = 5}}});
  }
  SECTION("an older time") {
    const timespec times[2] = {{7, 0}, {7, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (first / "etc/file").c_str(), times, 0) == 0);
  }
  SECTION("one more name") {
    first.write("etc/more", "");
  }
  SECTION("one name less") {
    files::remove(first / "etc/file");
  }
  SECTION("a link in its place") {
    files::remove(first / "etc/file");
    files::create_symlink("file2", first / "etc/file");
  }
  CHECK(differs());
}

TEST_CASE("a snapshot whose names could lead elsewhere is none") {
  using enum fs::FileType;
  CHECK(is_accepted({entry("/a", directory), entry("/a/b", regular)}));
  CHECK_FALSE(is_accepted({entry("/a", symlink), entry("/a/b", regular)}));
  CHECK_FALSE(is_accepted({entry("/a/b", regular)}));
  CHECK_FALSE(is_accepted({entry("/..", directory)}));
  CHECK_FALSE(is_accepted({entry("/.", directory)}));
  CHECK_FALSE(is_accepted({entry("a", regular)}));
  CHECK_FALSE(is_accepted({entry("/a", regular), entry("/a", regular)}));
  CHECK_FALSE(is_accepted({entry("/a", regular), entry("/a", directory)}));
  root::SnapshotEntry linked = entry("/b", regular);
  linked.same_as = "/../etc/passwd";
  CHECK_FALSE(is_accepted({linked}));
  root::SnapshotEntry strange = entry("/a", regular);
  strange.type = static_cast<fs::FileType>(77);
  CHECK_FALSE(is_accepted({strange}));
}

TEST_CASE("a snapshot that is cut off anywhere is none") {
  root::Snapshot snapshot{
      {entry("/", fs::FileType::directory), entry("/a", fs::FileType::regular)}};
  snapshot.entries[1].attributes = {{"user.a", "b"}};
  snapshot.entries[1].content.stretches = {{0, 1}};
  const std::string bytes = to_bytes(snapshot);
  REQUIRE(root::snapshot_from(bytes) == snapshot);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(root::snapshot_from(std::string_view(bytes).substr(0, size)).has_value());
  CHECK_FALSE(root::snapshot_from(bytes + "x").has_value());
}
