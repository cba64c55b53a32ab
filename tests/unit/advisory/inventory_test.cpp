// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "feeds.hpp"

using namespace imagewright;
using namespace imagewright_test;

TEST_CASE("the source package's name and version come from its file name") {
  const advisory::InstalledPackage library =
      package("libstdc++-devel", "13.2.0", "7.azl3", "gcc-libs-13.2.0-7.azl3.src.rpm");
  CHECK(library.source_name == "gcc-libs");
  CHECK(library.source_version.to_string() == "13.2.0-7.azl3");
  CHECK(package("x", "1", "1", "").source_name.empty());
  CHECK(package("x", "1", "1", "nonsense").source_name.empty());
}

TEST_CASE("of release notes only what stands between the marks is a package") {
  const advisory::Inventory inventory = advisory::read_package_list(
      "Starting build\n=== Installed Packages Begin\nfilesystem-1.1-21.azl3.x86_64\n"
      "libpcre2-8-0-10.42-3.azl3.x86_64\n=== Installed Packages End\nDisk usage:\n",
      "notes");
  REQUIRE(inventory.packages.size() == 2);
  CHECK(inventory.packages.at(1).name == "libpcre2-8-0");
  CHECK(inventory.packages.at(1).version.to_string() == "10.42-3.azl3");
}

TEST_CASE("keys have no architecture, and a mark before the text is none of it") {
  const advisory::Inventory inventory =
      advisory::read_package_list("\xEF\xBB\xBF"
                                  "bash-5.2-1.x86_64\ngpg-pubkey-3135ce90-5e6fda74.(none)\n"
                                  "gpg-pubkey-3135ce91-5e6fda74\n",
                                  "list");
  REQUIRE(inventory.packages.size() == 3);
  CHECK(inventory.packages.at(0).name == "bash");
  CHECK(inventory.packages.at(1).name == "gpg-pubkey");
  CHECK(inventory.packages.at(1).version.to_string() == "3135ce90-5e6fda74");
}

TEST_CASE("a list with a line that is no package is refused") {
  for (const char* text : {"", "hello\n", "a-1-1.x86_64\nwhat is this\n",
                           "=== Installed Packages Begin\na-1-1.x86_64\n", "-1-1.x86_64\n",
                           "python3-libs-3.12.9-1\n", "a-1-1.azl3\n", "a b-1-1.x86_64\n"}) {
    CAPTURE(text);
    CHECK(code_of([&] { advisory::read_package_list(text, "list"); }) == "audit.damaged-list");
  }
}
