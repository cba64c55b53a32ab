// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright_test/scratch.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/root/set_aside.hpp>

using namespace imagewright;
namespace files = std::filesystem;
using imagewright_test::read_text;

namespace {

struct AsideRoot {
  timespec time_of(const std::string& path) const {
    struct stat status {};
    REQUIRE(::lstat((top / path).c_str(), &status) == 0);
    return status.st_mtim;
  }

  imagewright_test::ScratchDirectory top;
  imagewright_test::ScratchDirectory beside;
  root::WorkRoot root{{.directory = top.path(), .run_record = beside / "owners"}, {}};
};

} // namespace

TEST_CASE_METHOD(AsideRoot, "what is set aside is out of the root and comes back as it was") {
  top.write("etc/hostname", "node");
  top.write("opt/app/file", "x");
  top.write("etc/kept", "");
  root.take_over({{"/opt/app", {.owner = 5}},
                  {"/opt/app/file", {.owner = 6}},
                  {"/opt/application", {.owner = 7}}});
  const root::Record record = root.record();
  const timespec before = time_of("etc");
  root::SetAside aside(root, {"/etc/hostname", "/opt/app"});
  CHECK_FALSE(files::exists(top / "etc/hostname"));
  CHECK_FALSE(files::exists(top / "opt/app"));
  CHECK(files::exists(top / "etc/kept"));
  CHECK(root.record() == root::Record{{"/opt/application", {.owner = 7}}});
  CHECK(time_of("etc").tv_nsec == before.tv_nsec);
  aside.put_back();
  CHECK(read_text(top / "etc/hostname") == "node");
  CHECK(read_text(top / "opt/app/file") == "x");
  CHECK(root.record() == record);
  CHECK(time_of("etc").tv_nsec == before.tv_nsec);
  CHECK(files::is_empty(beside.path()));
}

TEST_CASE_METHOD(AsideRoot, "what a program made in the place of something set aside is gone") {
  top.write("etc/hostname", "node");
  root::SetAside aside(root, {"/etc/hostname"});
  top.write("etc/hostname/inside", "made meanwhile");
  aside.put_back();
  CHECK(read_text(top / "etc/hostname") == "node");
}
