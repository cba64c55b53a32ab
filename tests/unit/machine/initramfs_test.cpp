// SPDX-License-Identifier: MIT
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>

#include "machine/initramfs.hpp"

using namespace imagewright;

namespace {

std::size_t field(const std::string& archive, std::size_t header, std::size_t index) {
  return std::stoul(archive.substr(header + 6 + index * 8, 8), nullptr, 16);
}

std::size_t aligned(std::size_t place) {
  return (place + 3) / 4 * 4;
}

/// Names with modes and contents, as the kernel reads the format.
std::map<std::string, std::pair<std::size_t, std::string>> unpacked(const std::string& archive) {
  std::map<std::string, std::pair<std::size_t, std::string>> files;
  std::size_t place = 0;
  while (place < archive.size()) {
    REQUIRE(archive.compare(place, 6, "070701") == 0);
    const std::size_t name_size = field(archive, place, 11);
    const std::size_t size = field(archive, place, 6);
    const std::string name = archive.substr(place + 110, name_size - 1);
    const std::size_t content = aligned(place + 110 + name_size);
    if (name == "TRAILER!!!") return files;
    files[name] = {field(archive, place, 1), archive.substr(content, size)};
    place = aligned(content + size);
  }
  FAIL("the archive has no end");
  return files;
}

} // namespace

TEST_CASE("the first files are the program, its libraries and modules in their order") {
  const fs::TemporaryDirectory directory(std::filesystem::temp_directory_path(),
                                         "imagewright-test-");
  const auto program = std::filesystem::canonical(directory.path()) / "program";
  fs::write_file_atomically(program, "program text");
  const auto files = unpacked(machine::make_initramfs(program, {program}, {"first", "second!"}));
  CHECK(files.at("init") == std::pair<std::size_t, std::string>{0120777, program.string()});
  CHECK(files.at(program.string().substr(1)) ==
        std::pair<std::size_t, std::string>{0100755, "program text"});
  CHECK(files.at("imagewright-modules/0.ko").second == "first");
  CHECK(files.at("imagewright-modules/1.ko").second == "second!");
  for (const char* directory_name : {"dev", "proc", "root"})
    CHECK(files.at(directory_name).first == 0040755);
  CHECK(files.at(program.parent_path().string().substr(1)).first == 0040755);
}
