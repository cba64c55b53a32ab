// SPDX-License-Identifier: MIT
#include <filesystem>
#include <string>

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/machine/host_files.hpp>

using namespace imagewright;
namespace files = std::filesystem;

namespace {

struct Host {
  fs::TemporaryDirectory directory{files::temp_directory_path(), "imagewright-test-"};
  files::path path(const std::string& name) const {
    return files::canonical(directory.path()) / name;
  }
};

} // namespace

TEST_CASE("files stand at their own paths, with their modes, and belong to root") {
  const Host host;
  files::create_directories(host.path("a/b"));
  fs::write_file_atomically(host.path("a/b/file"), "text");
  files::permissions(host.path("a/b/file"), files::perms(0640));
  machine::HostFiles given;
  given.add_file(host.path("a/./b/file"));
  given.add_file_at(host.path("a/b/file"), "/elsewhere");
  const tree::RootTree tree = given.tree();
  CHECK(tree.entries.front().path == "/");
  for (const std::string& path : {host.path("a/b/file").string(), std::string("/elsewhere")}) {
    const tree::Inode* inode = tree.find(path);
    REQUIRE(inode != nullptr);
    CHECK(inode->permissions == 0640);
    CHECK(inode->owner == 0);
    CHECK(inode->size == 4);
    CHECK(inode->content == host.path("a/b/file").string());
  }
  CHECK(tree.find(host.path("a/b").string())->type == fs::FileType::directory);
}

TEST_CASE("a link to a file is given as the file, and links of a tree stay links") {
  const Host host;
  files::create_directories(host.path("tree/inner"));
  fs::write_file_atomically(host.path("tree/inner/file"), "text");
  files::create_symlink("inner/file", host.path("tree/link"));
  files::create_symlink("tree/inner/file", host.path("named"));
  machine::HostFiles given;
  given.add_tree(host.path("tree/"));
  given.add_file(host.path("named"));
  const tree::RootTree tree = given.tree();
  CHECK(tree.find(host.path("named").string())->type == fs::FileType::regular);
  CHECK(tree.find(host.path("tree/link").string())->target == "inner/file");
  CHECK(tree.find(host.path("tree/inner/file").string())->size == 4);
}

TEST_CASE("what is special in a tree is not left out in silence") {
  const Host host;
  files::create_directories(host.path("tree"));
  REQUIRE(::mkfifo(host.path("tree/pipe").c_str(), 0600) == 0);
  machine::HostFiles given;
  given.add_tree(host.path("tree"));
  CHECK(given.tree().find(host.path("tree/pipe").string())->type == fs::FileType::fifo);
  CHECK_THROWS_AS(given.add_file(host.path("tree/pipe")), base::Error);
  CHECK_THROWS_AS(given.add_file(host.path("nothing")), base::Error);
}

TEST_CASE("a directory for a mount leaves what is there") {
  const Host host;
  files::create_directories(host.path("tree"));
  fs::write_file_atomically(host.path("tree/file"), "text");
  machine::HostFiles given;
  given.add_tree(host.path("tree"));
  given.add_directory(host.path("tree"));
  given.add_directory("/imagewright-machine/work");
  const tree::RootTree tree = given.tree();
  CHECK(tree.find(host.path("tree/file").string()) != nullptr);
  CHECK(tree.find("/imagewright-machine/work") != nullptr);
}
