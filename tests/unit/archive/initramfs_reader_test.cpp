// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <imagewright/archive/initramfs_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

using namespace imagewright;

namespace {

std::string member(const std::string& name, std::uint32_t mode, const std::string& content) {
  std::string text = fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 1, mode, 0, 0,
                                 1, 0, content.size());
  text += fmt::format("{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 0, 0, 0, 0, name.size() + 1, 0);
  text += name + '\0';
  text.resize((text.size() + 3) / 4 * 4);
  text += content;
  text.resize((text.size() + 3) / 4 * 4);
  return text;
}

std::string end() {
  return member("TRAILER!!!", 0, "");
}

/// Bytes 1f 8b …, made by gzip -9n of an archive with "inside" in it would do; a stored block is
/// enough.
std::string gzip_stored(const std::string& plain) {
  std::string text("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11);
  const auto size = static_cast<std::uint16_t>(plain.size());
  for (const unsigned value : {unsigned{size}, 0xffffU ^ size}) {
    text += static_cast<char>(value & 0xffU);
    text += static_cast<char>(value >> 8U);
  }
  return text + plain + std::string(8, '\0');
}

std::vector<std::string> paths_in(const std::string& content) {
  const imagewright_test::ScratchDirectory scratch;
  fs::write_file_atomically(scratch / "initramfs", content);
  const fs::UniqueFd file = fs::open_for_reading(scratch / "initramfs");
  std::vector<std::string> paths;
  archive::read_initramfs(file.get(), "initramfs", base::ByteSize::mib(1),
                          [&](const archive::InitramfsMember& found) {
                            paths.push_back(found.path + "=" + found.content);
                          });
  return paths;
}

std::string code_of(const std::string& content) {
  try {
    paths_in(content);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "none";
}

using Paths = std::vector<std::string>;

} // namespace

TEST_CASE("an initramfs is archives one after another, the last of them compressed") {
  const std::string first = member("./early", 0100644, "microcode") + end();
  const std::string second = member("init", 0100755, "#!/bin/sh\n") + end();
  CHECK(paths_in(first) == Paths{"early=microcode"});
  CHECK(paths_in(first + std::string(300, '\0') + second) ==
        Paths{"early=microcode", "init=#!/bin/sh\n"});
  CHECK(paths_in(first + std::string(8, '\0') + gzip_stored(second)) ==
        Paths{"early=microcode", "init=#!/bin/sh\n"});
}

TEST_CASE("an initramfs that the kernel would not unpack to its end is damaged") {
  const std::string whole = member("init", 0100755, "#!/bin/sh\n") + end();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK(code_of(whole.substr(0, size)) == "archive.damaged");
  }
  CHECK(code_of("initramfs\n") == "archive.damaged");
  CHECK(code_of(whole + "rest") == "archive.damaged");
  CHECK(code_of(gzip_stored("no archive")) == "archive.damaged");
  std::string odd = whole;
  odd[6 + 8 * 11] = 'x';
  CHECK(code_of(odd) == "archive.damaged");
  odd.replace(6 + 8 * 11, 8, "ffffffff");
  CHECK(code_of(odd) == "archive.damaged");
}

TEST_CASE("an initramfs in a compression of the kernel alone is told as that") {
  CHECK(code_of("\x02\x21\x4c\x18 lz4") == "archive.unsupported");
}
