// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/archive/tar_writer.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

using namespace imagewright;
using archive::Compression;
using imagewright_test::ScratchDirectory;

namespace {

/// What a program of others prints.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 65536> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    text.append(buffer.data(), count);
  return text;
}

constexpr base::Epoch k_time{std::chrono::seconds(1700000000)};

archive::TarEntry entry(const std::string& path, fs::FileType type, mode_t permissions) {
  return {.path = path, .type = type, .permissions = permissions, .modified = k_time};
}

/// One of each kind that a root has.
void write_sample(const std::filesystem::path& path, const archive::TarOptions& options,
                  const std::string& content) {
  archive::TarWriter writer(path, options);
  writer.add(entry(".", fs::FileType::directory, 0755));
  archive::TarEntry file = entry("./ping", fs::FileType::regular, 04755);
  file.owner = 70000;
  file.group = 12;
  file.attributes = {{"security.capability", std::string("\1\0\0\2", 4)},
                     {"security.selinux", std::string("system_u:object_r:bin_t:s0\0", 27)}};
  writer.add_text(file, content);
  archive::TarEntry hard_link = entry("./pong", fs::FileType::regular, 04755);
  hard_link.hard_link = "./ping";
  writer.add(hard_link);
  archive::TarEntry link = entry("./link", fs::FileType::symlink, 0777);
  link.link_target = "/absolute/target";
  writer.add(link);
  archive::TarEntry device = entry("./null", fs::FileType::character_device, 0666);
  device.device_major = 1;
  device.device_minor = 3;
  writer.add(device);
  writer.add(entry("./n\xC3\xA4me\n\xFF", fs::FileType::regular, 0600));
  writer.finish();
}

} // namespace

TEST_CASE("GNU tar lists owners, modes, devices, links and odd names as they were given") {
  const ScratchDirectory scratch;
  write_sample(scratch / "a.tar", {}, "content");
  const std::string listing = output_of(
      "LC_ALL=C TZ=UTC tar --numeric-owner --full-time --warning=no-unknown-keyword -tvf " +
      (scratch / "a.tar").string());
  CHECK(listing == "drwxr-xr-x 0/0               0 2023-11-14 22:13:20 ./\n"
                   "-rwsr-xr-x 70000/12          7 2023-11-14 22:13:20 ./ping\n"
                   "hrwsr-xr-x 0/0               0 2023-11-14 22:13:20 ./pong link to ./ping\n"
                   "lrwxrwxrwx 0/0               0 2023-11-14 22:13:20 ./link -> /absolute/target\n"
                   "crw-rw-rw- 0/0             1,3 2023-11-14 22:13:20 ./null\n"
                   "-rw------- 0/0               0 2023-11-14 22:13:20 ./n\\303\\244me\\n\\377\n");
}

TEST_CASE("GNU tar sees extended attributes, whole") {
  const ScratchDirectory scratch;
  write_sample(scratch / "a.tar", {}, "content");
  const std::string listing =
      output_of("tar --xattrs '--xattrs-include=*' --warning=no-unknown-keyword -tvvf " +
                (scratch / "a.tar").string());
  CHECK_THAT(listing, Catch::Matchers::Contains("x: 4 security.capability"));
  CHECK_THAT(listing, Catch::Matchers::Contains("x: 27 security.selinux"));
}

TEST_CASE("an access list is one of the same numbers in the other form, too") {
  using namespace std::string_literals;
  const ScratchDirectory scratch;
  archive::TarEntry file = entry("./f", fs::FileType::regular, 0640);
  file.attributes = {
      {"system.posix_acl_access",
       "\2\0\0\0\1\0\6\0\xff\xff\xff\xff\2\0\6\0\xe8\3\0\0\2\0\4\0\xfe\xff\xff\xff"
       "\4\0\4\0\xff\xff\xff\xff\x10\0\6\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff"s}};
  {
    archive::TarWriter writer(scratch / "a.tar", {});
    writer.add(file);
    writer.finish();
  }
  const std::string listing = output_of("cat " + (scratch / "a.tar").string());
  CHECK_THAT(listing, Catch::Matchers::Contains("SCHILY.acl.access="));
  CHECK_THAT(listing, Catch::Matchers::Contains("user:1000:rw-"));
  CHECK_THAT(listing, Catch::Matchers::Contains("user:4294967294:r--"));
}

TEST_CASE("the bytes depend neither on the number of threads nor on the clock") {
  const ScratchDirectory scratch;
  std::string content;
  for (int line = 0; line < 400000; ++line)
    content += std::to_string(line * 7919L) + "\n";
  const auto compression =
      GENERATE(Compression::none, Compression::gzip, Compression::zstd, Compression::xz);
  if (compression == Compression::xz) content.resize(100000);
  write_sample(scratch / "1.tar", {.compression = compression, .thread_count = 1}, content);
  write_sample(scratch / "3.tar", {.compression = compression, .thread_count = 3}, content);
  CHECK(fs::digest_of_file(scratch / "1.tar") == fs::digest_of_file(scratch / "3.tar"));
  CHECK(output_of("tar -xOf " + (scratch / "3.tar").string() + " ./ping") == content);
}

TEST_CASE("a higher level makes a smaller archive") {
  const ScratchDirectory scratch;
  std::string content;
  for (int line = 0; line < 50000; ++line)
    content += std::to_string(line * 7919L) + "\n";
  write_sample(scratch / "1.tar", {.compression = Compression::zstd, .level = 1}, content);
  write_sample(scratch / "19.tar", {.compression = Compression::zstd, .level = 19}, content);
  CHECK(std::filesystem::file_size(scratch / "19.tar") <
        std::filesystem::file_size(scratch / "1.tar"));
}

TEST_CASE("an archive that is not finished leaves no file, and none is overwritten") {
  const ScratchDirectory scratch;
  {
    archive::TarWriter writer(scratch / "a.tar", {});
    writer.add(entry(".", fs::FileType::directory, 0755));
  }
  CHECK_FALSE(std::filesystem::exists(scratch / "a.tar"));
  scratch.write("present.tar", "mine");
  CHECK_THROWS_AS(archive::TarWriter(scratch / "present.tar", {}), base::Error);
  CHECK(fs::read_file(scratch / "present.tar") == "mine");
}

TEST_CASE("content that cannot be read ends the archive with the file's name") {
  const ScratchDirectory scratch;
  const auto content = scratch.write("short", "12345");
  archive::TarEntry file = entry("./file", fs::FileType::regular, 0644);
  file.size = 1000;
  const fs::UniqueFd descriptor = fs::open_for_reading(content);
  std::string message;
  try {
    archive::TarWriter writer(scratch / "a.tar", {});
    writer.add_file(file, descriptor.get());
  } catch (const base::Error& error) {
    message = error.diagnostic().message;
  }
  CHECK(message.find("./file") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(scratch / "a.tar"));
}
