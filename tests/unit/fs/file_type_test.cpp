// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/fs/file_type.hpp>

using namespace imagewright;
using fs::FileType;

TEST_CASE("every type is found by its own bits, whatever the permissions") {
  for (const auto type :
       {FileType::regular, FileType::directory, FileType::symlink, FileType::character_device,
        FileType::block_device, FileType::fifo, FileType::socket}) {
    CHECK(fs::find_file_type(fs::type_bits(type) | 07777) == type);
  }
  CHECK(fs::type_bits(FileType::directory) == S_IFDIR);
}

TEST_CASE("bits that no type has are no type") {
  CHECK(fs::find_file_type(0644) == std::nullopt);
  CHECK(fs::find_file_type(S_IFMT | 0644) == std::nullopt);
}
