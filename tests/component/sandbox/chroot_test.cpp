// SPDX-License-Identifier: MIT
#include <array>
#include <functional>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/sandbox/privilege.hpp>

#include "test_root.hpp"

using namespace imagewright;
using imagewright_test::ScratchDirectory;
using imagewright_test::TestRoot;

namespace {

/// The way out of a chroot that everybody knows, and what is to be seen where it ends.
constexpr const char* k_way_out =
    "perl -e 'mkdir \"/tmp/x\"; chroot \"/tmp/x\" or die \"chroot: $!\"; chdir \"..\" for 1..60; "
    "chroot \".\"; print -e \"/mnt/outside\" ? \"outside\" : \"confined\"'";

void require(bool is_done) {
  if (!is_done) ::_exit(1);
}

void bind(const std::filesystem::path& source, const std::filesystem::path& target) {
  require(::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0);
}

/// A directory that is a mount, as schroot and mock have it.
void jail_as_mount(const std::filesystem::path& jail) {
  bind("/", jail);
}

/// A directory that is none, as debootstrap leaves it, with the host's directories in it.
void jail_as_directory(const std::filesystem::path& jail) {
  for (const auto& entry : std::filesystem::directory_iterator("/")) {
    const std::filesystem::path target = jail / entry.path().filename();
    if (entry.is_symlink()) {
      std::filesystem::copy_symlink(entry.path(), target);
    } else if (entry.is_directory()) {
      std::filesystem::create_directory(target);
      bind(entry.path(), target);
    }
  }
}

/// What a script says in a sandbox of a process that is in such a jail.
std::string said_in(const std::function<void(const std::filesystem::path&)>& make_jail) {
  const ScratchDirectory scratch;
  const std::filesystem::path jail = scratch / "jail";
  std::filesystem::create_directory(jail);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    require(::unshare(CLONE_NEWNS) == 0);
    require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    make_jail(jail);
    // After the jail was made: outside of it only.
    require(::mount("tmpfs", "/mnt", "tmpfs", 0, nullptr) == 0);
    std::ofstream("/mnt/outside") << "here\n";
    require(::chroot(jail.c_str()) == 0 && ::chdir("/tmp") == 0);
    std::string said;
    try {
      said = TestRoot().output_of(k_way_out);
    } catch (const std::exception& exception) {
      said = exception.what();
    }
    require(::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    said.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return said;
}

} // namespace

TEST_CASE("a program that was put into a directory by chroot makes sandboxes without a way out",
          "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  if (sandbox::own_rung() != sandbox::Rung::root)
    IMAGEWRIGHT_SKIP("only root can put a process into a directory");
  CHECK(said_in(jail_as_mount) == "confined");
  CHECK(said_in(jail_as_directory) == "confined");
}
