// SPDX-License-Identifier: MIT
#include <filesystem>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include "finalize/boot_loaders/settings_change.hpp"

using namespace imagewright;
namespace boot_loaders = finalize::boot_loaders;

namespace {

constexpr const char* k_menu = "/boot/grub2/grub.cfg";

std::string menu(const std::string& arguments, const std::string& timeout = "0") {
  return "set timeout=" + timeout + "\nmenuentry a {\n  linux /vmlinuz root=UUID=1 rw " +
         arguments + "\n}\n";
}

} // namespace

TEST_CASE("a menu of a base is given what its settings say otherwise than before") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir files(scratch.path());
  scratch.write("etc/default/grub", "GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX='a=1 gone ro x=1 x=2'\n");
  scratch.write("boot/grub2/grub.cfg", menu("own a=1 gone x=1 x=2 $kernelopts"));
  const auto before = boot_loaders::read_menu_sources(files);
  CHECK(boot_loaders::follow_menu_sources(before, files).empty());
  CHECK(files.read(k_menu) == menu("own a=1 gone x=1 x=2 $kernelopts"));
  scratch.write("etc/default/grub",
                "GRUB_TIMEOUT=9\nGRUB_CMDLINE_LINUX='a=2 new x=2 root=UUID=2'\n");
  CHECK(boot_loaders::follow_menu_sources(before, files).empty());
  CHECK(files.read(k_menu) == menu("own a=2 x=2 new $kernelopts", "9"));
  // Once more changes nothing, and neither does a file that is taken away.
  CHECK(boot_loaders::follow_menu_sources(before, files).empty());
  std::filesystem::remove(scratch.path() / "etc/default/grub");
  CHECK(boot_loaders::follow_menu_sources(before, files).empty());
  CHECK(files.read(k_menu) == menu("own a=2 x=2 new $kernelopts", "9"));
}

TEST_CASE("what no menu of a base has is told") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir files(scratch.path());
  scratch.write("etc/default/grub", "GRUB_TIMEOUT=1\n");
  const auto before = boot_loaders::read_menu_sources(files);
  scratch.write("etc/default/grub", "GRUB_TIMEOUT=2\nGRUB_CMDLINE_LINUX=a\nGRUB_DEFAULT=3\n");
  scratch.write("etc/kernel/cmdline", "root=UUID=1 b\n");
  const auto told = boot_loaders::follow_menu_sources(before, files);
  REQUIRE(told.size() == 4);
  for (const auto& each : told)
    CHECK(each.code == "finalize.boot-settings-not-followed");
}

TEST_CASE("settings of a base that are no files of text are left alone") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir files(scratch.path());
  const std::string odd = GENERATE("etc/default/grub", "etc/default/grub.d/0.cfg");
  scratch.write("etc/default/grub.d/1.cfg", "GRUB_CMDLINE_LINUX=a\n");
  if (GENERATE(true, false)) {
    std::filesystem::create_directories(scratch.path() / odd);
  } else {
    scratch.write(odd, "");
    std::filesystem::resize_file(scratch.path() / odd, std::uintmax_t{1} << 40U);
  }
  const auto before = boot_loaders::read_menu_sources(files);
  CHECK(!before.is_understood);
  CHECK(boot_loaders::follow_menu_sources(before, files).empty());
  scratch.write("etc/default/grub.d/1.cfg", "GRUB_CMDLINE_LINUX=b\n");
  CHECK(boot_loaders::follow_menu_sources(before, files).size() == 1);
}
