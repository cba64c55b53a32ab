// SPDX-License-Identifier: MIT
#include <array>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/root/work_root.hpp>

using namespace imagewright;
namespace files = std::filesystem;

namespace {

/// What programs do to the root, with the record as a sandbox would keep it.
using Effect = std::function<void(sandbox::MetadataRecord& record)>;

class PretendedPrograms final : public process::CommandRunner {
public:
  PretendedPrograms(const Effect& effect, const sandbox::SandboxOptions& options)
      : effect_(effect), options_(options) {}

  process::CommandResult run(const process::Command& command) override {
    sandbox::MetadataRecord record(options_.metadata_record);
    effect_(record);
    return {.argv = command.argv, .description = command.description, .exit_code = 0};
  }

private:
  const Effect& effect_;
  sandbox::SandboxOptions options_;
};

struct PretendedRoot {
  void run(Effect wanted) {
    effect = std::move(wanted);
    root.programs()->run({.argv = {"something"}});
  }

  fs::UniqueFd opened(const std::string& path) const {
    return fs::UniqueFd(::open((top / path).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  }

  mode_t host_type(const std::string& path) const {
    struct stat status {};
    return ::lstat((top / path).c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
  }

  imagewright_test::ScratchDirectory top;
  imagewright_test::ScratchDirectory beside;
  Effect effect;
  root::WorkRoot root{{.directory = top.path(), .run_record = beside / "owners"},
                      [this](const sandbox::SandboxOptions& options) {
                        return std::make_unique<PretendedPrograms>(effect, options);
                      }};
};

/// Content that is nowhere until somebody asks for it.
class PretendedContent final : public root::LateContent {
public:
  explicit PretendedContent(const files::path& top) : top_(top) {}

  void fill(const fs::UniqueFd& name) override {
    const files::path path = files::read_symlink("/proc/self/fd/" + std::to_string(name.get()));
    fill(path);
  }
  void fill_all(const fs::RootDir& files) override {
    for (const std::string& name : files.list("/"))
      fill(top_ / name);
  }

private:
  static void fill(const files::path& path) {
    const std::string name = path.filename().string();
    if (files::file_size(path) == name.size() + 1) std::ofstream(path) << name << "!";
  }

  files::path top_;
};

constexpr sandbox::RecordedMetadata k_fives{.owner = 5, .group = 55};

} // namespace

TEST_CASE_METHOD(PretendedRoot,
                 "what programs record stands under the names that files end up with") {
  top.write("a", "x");
  top.write("plain", "x");
  run([&](sandbox::MetadataRecord& record) {
    record.set(opened("a").get(), k_fives);
    files::create_directory(top / "d");
    files::rename(top / "a", top / "d/b");
    files::create_hard_link(top / "d/b", top / "c");
  });
  CHECK(root.record() == root::Record{{"/c", k_fives}, {"/d/b", k_fives}});
  // Another file of an old name is not the old one.
  run([&](sandbox::MetadataRecord& record) {
    REQUIRE(record.find(opened("c").get()) != nullptr);
    CHECK(*record.find(opened("d/b").get()) == k_fives);
    CHECK(record.find(opened("plain").get()) == nullptr);
    files::remove(top / "c");
    top.write("c", "other");
    files::rename(top / "d", top / "e");
  });
  CHECK(root.record() == root::Record{{"/e/b", k_fives}});
  CHECK_FALSE(files::exists(beside / "owners"));
}

TEST_CASE_METHOD(PretendedRoot, "the record goes with the names that the steps change") {
  for (const char* name : {"kept", "linked", "removed", "d/below", "d2"})
    top.write(name, "x");
  run([&](sandbox::MetadataRecord& record) {
    for (const char* name : {"kept", "linked", "removed", "d/below", "d2"})
      record.set(opened(name).get(), k_fives);
  });
  files::create_directory_symlink("d", top / "way");
  // A file that is written anew keeps its owner, as files of packages that are edited do.
  root.files().write("/kept", "new", 0644);
  root.files().make_symlink("/linked", "kept");
  root.files().remove("/removed");
  root.files().remove_tree("/way/below");
  CHECK(root.record() == root::Record{{"/d2", k_fives}, {"/kept", k_fives}});
  root.files().remove_tree("/d2");
  root.files().remove("/never-there");
  CHECK(root.record() == root::Record{{"/kept", k_fives}});
}

TEST_CASE_METHOD(PretendedRoot, "owners that the host takes are not recorded any more") {
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root changes owners");
  top.write("one", "x");
  files::create_hard_link(top / "one", top / "two");
  run([&](sandbox::MetadataRecord& record) { record.set(opened("one").get(), k_fives); });
  CHECK(root.record().size() == 2);
  root.own("/two", 7, 77);
  CHECK(root.record().empty());
  struct stat status {};
  REQUIRE(::lstat((top / "one").c_str(), &status) == 0);
  CHECK((status.st_uid == 7 && status.st_gid == 77));
  CHECK_THROWS_AS(root.own("/absent", 0, 0), base::Error);
}

TEST_CASE_METHOD(PretendedRoot, "no file of a root at rest is a device") {
  if (::mknod((beside / "probe").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0)
    IMAGEWRIGHT_SKIP("only root makes device files");
  files::create_directories(top / "etc/d");
  const auto device = [&](const char* path, mode_t type, unsigned minor) {
    REQUIRE(::mknod((top / path).c_str(), type | 0640, makedev(1, minor)) == 0);
    REQUIRE(::lchown((top / path).c_str(), 3, 4) == 0);
  };
  run([&](sandbox::MetadataRecord&) {
    device("etc/hostname", S_IFCHR, 3);
    device("etc/d/disk", S_IFBLK, 7);
    files::create_hard_link(top / "etc/d/disk", top / "etc/again");
    REQUIRE(::mkfifo((top / "etc/fifo").c_str(), 0600) == 0);
  });
  for (const char* path : {"etc/hostname", "etc/d/disk", "etc/again"}) {
    INFO(path);
    CHECK(S_ISREG(host_type(path)));
    CHECK(files::file_size(top / path) == 0);
    struct stat status {};
    REQUIRE(::lstat((top / path).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0640);
    CHECK((status.st_uid == 3 && status.st_gid == 4));
  }
  CHECK(files::hard_link_count(top / "etc/again") == 2);
  REQUIRE(root.record().size() == 3);
  CHECK(root.record().at("/etc/again").device == makedev(1, 7));
  CHECK(root.record().at("/etc/hostname").device_type == S_IFCHR);

  // To the steps they are devices: neither read nor written.
  const fs::RootDir& steps = root.files();
  CHECK(steps.find_status("/etc/hostname")->type == fs::FileType::character_device);
  CHECK_THROWS_AS(steps.find_content("/etc/hostname"), base::Error);
  CHECK_THROWS_AS(steps.write("/etc/hostname", "node", 0644), base::Error);
  CHECK_THROWS_AS(steps.append("/etc/d/disk", "x"), base::Error);
  CHECK_THROWS_AS(steps.write("/etc/fifo", "x", 0644), base::Error);

  // To programs, too, and with all their names.
  run([&](sandbox::MetadataRecord&) {
    CHECK(S_ISCHR(host_type("etc/hostname")));
    CHECK(S_ISBLK(host_type("etc/d/disk")));
    CHECK(files::hard_link_count(top / "etc/again") == 2);
    files::remove(top / "etc/again");
    files::rename(top / "etc/d", top / "d");
  });
  CHECK(S_ISREG(host_type("d/disk")));
  CHECK(root.record().size() == 2);
  CHECK(root.record().contains("/d/disk"));
  steps.make_symlink("/etc/hostname", "elsewhere");
  CHECK_FALSE(root.record().contains("/etc/hostname"));
}

TEST_CASE_METHOD(PretendedRoot, "devices that come and go leave no trace in their directory") {
  if (::mknod((beside / "probe").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0)
    IMAGEWRIGHT_SKIP("only root makes device files");
  files::create_directory(top / "d");
  const std::array<timespec, 2> old{timespec{1'000, 0}, timespec{1'000, 0}};
  run([&](sandbox::MetadataRecord&) {
    REQUIRE(::mknod((top / "d/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
    REQUIRE(::utimensat(AT_FDCWD, (top / "d").c_str(), old.data(), 0) == 0);
  });
  run([](sandbox::MetadataRecord&) {});
  struct stat status {};
  REQUIRE(::lstat((top / "d").c_str(), &status) == 0);
  CHECK(status.st_mtim.tv_sec == 1'000);
  CHECK(files::directory_iterator(top / "d") != files::directory_iterator());
}

TEST_CASE_METHOD(PretendedRoot, "nobody reads a file whose content is still to come as empty") {
  const auto make = [&](const char* name) {
    top.write(name, std::string(std::string(name).size() + 1, '\0'));
  };
  for (const char* name : {"read", "appended", "opened", "unasked"})
    make(name);
  files::create_symlink("read", top / "link");
  root.expect_content(std::make_shared<PretendedContent>(top.path()));
  CHECK(root.files().read("/link") == "read!");
  root.files().append("/appended", "?");
  CHECK(root.files().read("/appended") == "appended!?");
  char first = 0;
  for (const auto access : {fs::FileAccess::reading, fs::FileAccess::changing}) {
    make("opened");
    const fs::UniqueFd file = root.files().open_file("/opened", access);
    REQUIRE(::pread(file.get(), &first, 1, 0) == 1);
    CHECK(first == 'o');
  }
  // A program can look at every file.
  std::string seen;
  run([&](sandbox::MetadataRecord&) {
    std::ifstream file(top / "unasked");
    file >> seen;
  });
  CHECK(seen == "unasked!");
}
