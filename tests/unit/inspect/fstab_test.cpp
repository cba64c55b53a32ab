// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/inspect/fstab.hpp>

using imagewright::inspect::subvolume_of;

TEST_CASE("options of Btrfs name a subvolume by its path or by its number") {
  CHECK_FALSE(subvolume_of("defaults"));
  CHECK_FALSE(subvolume_of("compress=zstd:1,noatime"));
  CHECK(subvolume_of("subvol=root") == "root");
  CHECK(subvolume_of("subvol=/@/home,noatime") == "@/home");
  CHECK(subvolume_of("noatime,subvol=//a/./b/") == "a/b");
  CHECK(subvolume_of("subvol=/") == "");
  CHECK(subvolume_of("subvolid=257") == "#257");
  CHECK(subvolume_of("subvolid=257,subvol=/@") == "@");
  CHECK(subvolume_of("subvol=/@,subvolid=257") == "@");
  CHECK(subvolume_of("subvol=one,subvol=two") == "two");
  CHECK(subvolume_of("subvol=my\\040files") == "my files");
}
