// SPDX-License-Identifier: MIT
#include <fstream>
#include <span>

#include <fcntl.h>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/image/write_artifacts.hpp>

#include "image_fixture.hpp"

namespace base = imagewright::base;
namespace fs = imagewright::fs;
namespace image = imagewright::image;
using image::Compression;
using imagewright::model::ImageFormat;
using imagewright_test::digest_of_disk;
using imagewright_test::has_program;
using imagewright_test::ImageFixture;
using imagewright_test::run_tool;

namespace {

bool lacks_qemu() {
  if (has_program("qemu-img")) return false;
  imagewright_test::note_skipped("qemu-img is not installed");
  return true;
}

std::uint64_t stored_bytes(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512U;
}

/// qemu-img finds the same content in both images.
void check_same(const std::filesystem::path& raw, const std::filesystem::path& other,
                const std::string& format) {
  const auto run =
      run_tool({"qemu-img", "compare", "-f", "raw", "-F", format, raw.string(), other.string()});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  const auto size = run_tool({"qemu-img", "info", "-f", format, other.string()});
  INFO(size.output);
  CHECK(size.output.find("671088640 bytes") != std::string::npos);
}

} // namespace

TEST_CASE("qemu-img finds qcow2 without fault and with the disk's content") {
  if (lacks_qemu()) return;
  const Compression compression = GENERATE(Compression::none, Compression::zlib, Compression::zstd);
  const ImageFixture fixture;
  fixture.write({{ImageFormat::qcow2, fixture.path("out.qcow2"), compression}});
  const auto check = run_tool({"qemu-img", "check", fixture.path("out.qcow2").string()});
  INFO(check.output);
  CHECK(check.exit_code == 0);
  CHECK(check.output.find("No errors were found") != std::string::npos);
  check_same(fixture.raw, fixture.path("out.qcow2"), "qcow2");
}

TEST_CASE("qcow2 has clusters of the size that was asked for") {
  if (lacks_qemu()) return;
  const std::uint64_t size = GENERATE(512U, 4096U, 2U << 20U);
  const Compression compression = GENERATE(Compression::none, Compression::zlib, Compression::zstd);
  const ImageFixture fixture;
  fixture.write({{.format = ImageFormat::qcow2,
                  .path = fixture.path("out.qcow2"),
                  .compression = compression,
                  .cluster_size = size}},
                2);
  const auto check = run_tool({"qemu-img", "check", fixture.path("out.qcow2").string()});
  INFO(size << check.output);
  CHECK(check.exit_code == 0);
  CHECK(check.output.find("No errors were found") != std::string::npos);
  check_same(fixture.raw, fixture.path("out.qcow2"), "qcow2");
  const auto info = run_tool({"qemu-img", "info", fixture.path("out.qcow2").string()});
  CHECK(info.output.find("cluster_size: " + std::to_string(size) + "\n") != std::string::npos);
  CHECK(digest_of_disk(fixture.path("out.qcow2")) == fs::digest_of_file(fixture.raw));
}

TEST_CASE("another level of compression makes another qcow2 of the same disk") {
  const Compression compression = GENERATE(Compression::zlib, Compression::zstd);
  const ImageFixture fixture;
  {
    // Text in which a longer search finds other matches.
    std::fstream file(fixture.raw, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(std::streamoff{200} << 20U);
    for (std::uint64_t number = 0; number < 100'000; ++number)
      file << number * number << " is the square of " << number << '\n';
  }
  std::vector<base::Digest> digests;
  for (const int level : {1, 9}) {
    const auto path = fixture.path(std::to_string(level));
    const auto artifacts = fixture.write(
        {{.format = ImageFormat::qcow2, .path = path, .compression = compression, .level = level}});
    digests.push_back(artifacts[0].digest);
    CHECK(digest_of_disk(path) == fs::digest_of_file(fixture.raw));
  }
  CHECK(digests[0] != digests[1]);
}

TEST_CASE("qemu-img reads both kinds of VHD with the disk's size and content") {
  if (lacks_qemu()) return;
  const ImageFormat format = GENERATE(ImageFormat::vhd, ImageFormat::vhd_fixed);
  const ImageFixture fixture;
  fixture.write({{format, fixture.path("out.vhd")}});
  check_same(fixture.raw, fixture.path("out.vhd"), "vpc");
}

TEST_CASE("qemu-img finds VHDX without fault and with the disk's content") {
  if (lacks_qemu()) return;
  const ImageFixture fixture;
  fixture.write({{ImageFormat::vhdx, fixture.path("out.vhdx")}});
  const auto check = run_tool({"qemu-img", "check", fixture.path("out.vhdx").string()});
  INFO(check.output);
  CHECK(check.exit_code == 0);
  CHECK(check.output.find("No errors were found") != std::string::npos);
  check_same(fixture.raw, fixture.path("out.vhdx"), "vhdx");
}

TEST_CASE("a VHDX has the entries of bitmaps between those of its blocks") {
  if (lacks_qemu()) return;
  const ImageFixture fixture;
  const std::uint64_t size = std::uint64_t{4098} << 20U;
  std::filesystem::resize_file(fixture.raw, size);
  {
    std::fstream file(fixture.raw, std::ios::binary | std::ios::in | std::ios::out);
    for (const std::uint64_t block : {4095U, 4096U, 4097U}) {
      file.seekp(static_cast<std::streamoff>(block << 20U));
      file << "block " << block;
    }
  }
  fixture.write({{ImageFormat::vhdx, fixture.path("out.vhdx")}});
  const auto run = run_tool({"qemu-img", "compare", "-f", "raw", "-F", "vhdx", fixture.raw.string(),
                             fixture.path("out.vhdx").string()});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  const auto reader = image::open_image(fixture.path("out.vhdx"));
  for (const std::uint64_t block : {4095U, 4096U, 4097U}) {
    std::string text(10, '\0');
    reader->read(block << 20U, std::as_writable_bytes(std::span(text)));
    CHECK(text == "block " + std::to_string(block));
  }
}

TEST_CASE("the same disk has the same VHDX, and another content other identifiers") {
  const ImageFixture fixture;
  const auto first = fixture.write({{ImageFormat::vhdx, fixture.path("1")}});
  const auto again = fixture.write({{ImageFormat::vhdx, fixture.path("2")}});
  CHECK(first[0].digest == again[0].digest);
  {
    std::fstream file(fixture.raw, std::ios::binary | std::ios::in | std::ios::out);
    file << "changed";
  }
  fixture.write({{ImageFormat::vhdx, fixture.path("3")}});
  const auto identifiers = [&](const std::string& name) {
    std::string bytes(32, '\0');
    std::ifstream file(fixture.path(name), std::ios::binary);
    file.seekg((64 << 10) + 16);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  };
  CHECK(identifiers("1") != identifiers("3"));
}

TEST_CASE("our readers give back what was written, in every format") {
  const ImageFixture fixture;
  const base::Digest disk = fs::digest_of_file(fixture.raw);
  struct Case {
    ImageFormat format;
    Compression compression;
  };
  const auto each = GENERATE(
      Case{ImageFormat::raw, Compression::none}, Case{ImageFormat::qcow2, Compression::none},
      Case{ImageFormat::qcow2, Compression::zlib}, Case{ImageFormat::qcow2, Compression::zstd},
      Case{ImageFormat::vhd, Compression::none}, Case{ImageFormat::vhd_fixed, Compression::none},
      Case{ImageFormat::vhdx, Compression::none});
  const auto artifacts = fixture.write({{each.format, fixture.path("out"), each.compression}});
  const auto reader = image::open_image(fixture.path("out"));
  CHECK(reader->format() == each.format);
  CHECK(reader->size() == 640U << 20U);
  CHECK(digest_of_disk(fixture.path("out")) == disk);
  CHECK(artifacts[0].virtual_size.bytes() == 640U << 20U);
  CHECK(artifacts[0].file_size.bytes() == std::filesystem::file_size(fixture.path("out")));
}

TEST_CASE("every digest is that of the finished file") {
  const ImageFixture fixture;
  const auto artifacts = fixture.write({{ImageFormat::raw, fixture.path("raw")},
                                        {ImageFormat::vhd_fixed, fixture.path("fixed")},
                                        {ImageFormat::vhd, fixture.path("dynamic")},
                                        {ImageFormat::vhdx, fixture.path("vhdx")},
                                        {ImageFormat::qcow2, fixture.path("qcow2")}},
                                       2);
  for (const auto& artifact : artifacts) {
    CHECK(artifact.digest == fs::digest_of_file(artifact.path));
  }
}

TEST_CASE("holes stay holes and zeros are not stored") {
  const ImageFixture fixture;
  fixture.write({{ImageFormat::raw, fixture.path("raw")},
                 {ImageFormat::vhd_fixed, fixture.path("fixed")},
                 {ImageFormat::vhdx, fixture.path("vhdx")},
                 {ImageFormat::qcow2, fixture.path("qcow2")}});
  for (const char* name : {"raw", "fixed", "vhdx", "qcow2"}) {
    CHECK(stored_bytes(fixture.path(name)) < 16U << 20U);
  }
  CHECK(std::filesystem::file_size(fixture.path("qcow2")) < 16U << 20U);
}

TEST_CASE("outputs depend neither on the number of threads nor on the host's holes") {
  const ImageFixture fixture;
  std::filesystem::resize_file(fixture.raw, 128U << 20U);
  const auto one = fixture.write({{ImageFormat::qcow2, fixture.path("1"), Compression::zstd}}, 1);
  const auto three = fixture.write({{ImageFormat::qcow2, fixture.path("3"), Compression::zstd}}, 3);
  CHECK(one[0].digest == three[0].digest);
  const auto sparse = fixture.write({{ImageFormat::qcow2, fixture.path("sparse")},
                                     {ImageFormat::vhd, fixture.path("sparse.vhd")}});
  REQUIRE(run_tool({"cp", "--sparse=never", fixture.raw, fixture.path("dense")}).exit_code == 0);
  std::filesystem::rename(fixture.path("dense"), fixture.raw);
  const auto dense = fixture.write(
      {{ImageFormat::qcow2, fixture.path("dense")}, {ImageFormat::vhd, fixture.path("dense.vhd")}});
  CHECK(sparse[0].digest == dense[0].digest);
  CHECK(sparse[1].digest == dense[1].digest);
}

TEST_CASE("a fixed VHD is the disk and a footer that Azure accepts") {
  const ImageFixture fixture;
  fixture.write({{ImageFormat::vhd_fixed, fixture.path("out.vhd")}});
  CHECK(std::filesystem::file_size(fixture.path("out.vhd")) == (640U << 20U) + 512);
  std::ifstream in(fixture.path("out.vhd"), std::ios::binary);
  in.seekg(640U << 20U);
  std::string footer(512, '\0');
  in.read(footer.data(), 512);
  CHECK(footer.substr(0, 8) == "conectix");
  CHECK(footer.substr(8, 8) == std::string("\0\0\0\2\0\1\0\0", 8));
  CHECK(footer.substr(16, 8) == std::string(8, '\xFF'));
  // 2023-11-14T22:13:20Z is 753315200 seconds after 2000.
  CHECK(footer.substr(24, 4) == std::string("\x2C\xE6\xAD\x80", 4));
  CHECK(footer.substr(28, 4) == "imgw");
  CHECK(footer.substr(40, 8) == std::string("\0\0\0\0\x28\0\0\0", 8));
  CHECK(footer.substr(48, 8) == footer.substr(40, 8));
  CHECK(footer.substr(60, 4) == std::string("\0\0\0\2", 4));
}

TEST_CASE("a consumed raw disk becomes an output by renaming") {
  const ImageFixture fixture;
  const base::Digest disk = fs::digest_of_file(fixture.raw);
  struct stat before {};
  REQUIRE(stat(fixture.raw.c_str(), &before) == 0);
  const auto artifacts = fixture.write({{ImageFormat::qcow2, fixture.path("out.qcow2")},
                                        {ImageFormat::vhd_fixed, fixture.path("out.vhd")}},
                                       1, image::RawDisk::consume);
  struct stat after {};
  REQUIRE(stat(fixture.path("out.vhd").c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK_FALSE(std::filesystem::exists(fixture.raw));
  CHECK(digest_of_disk(fixture.path("out.vhd")) == disk);
  CHECK(digest_of_disk(fixture.path("out.qcow2")) == disk);
  CHECK(artifacts[1].digest == fs::digest_of_file(fixture.path("out.vhd")));
}

TEST_CASE("a consumed raw disk is removed when nothing inherits it") {
  const ImageFixture fixture;
  fixture.write({{ImageFormat::qcow2, fixture.path("out.qcow2")}}, 1, image::RawDisk::consume);
  CHECK_FALSE(std::filesystem::exists(fixture.raw));
}

TEST_CASE("an existing output is refused and nothing else is left behind") {
  const ImageFixture fixture;
  std::ofstream(fixture.path("present")) << "mine";
  CHECK_THROWS_AS(fixture.write({{ImageFormat::qcow2, fixture.path("new")},
                                 {ImageFormat::raw, fixture.path("present")}}),
                  base::Error);
  CHECK_FALSE(std::filesystem::exists(fixture.path("new")));
  CHECK(imagewright_test::read_text(fixture.path("present")) == "mine");
}

TEST_CASE("a disk that is not whole sectors is refused") {
  const ImageFixture fixture;
  std::filesystem::resize_file(fixture.raw, 1000);
  CHECK_THROWS_AS(fixture.write({{ImageFormat::qcow2, fixture.path("out")}}), base::Error);
}

namespace {

/// The same disk, of which some stretches stand in another file, moved by a few blocks.
struct BorrowedDisk {
  explicit BorrowedDisk(const ImageFixture& fixture) : path(fixture.path("borrowing.raw")) {
    const std::string whole = fs::read_file(fixture.raw);
    fs::write_file_atomically(fixture.path("lender"), std::string(k_shift, 'l') + whole);
    std::ofstream(path).flush();
    const fs::UniqueFd own = fs::open_for_writing(path);
    REQUIRE(::ftruncate(own.get(), static_cast<off_t>(whole.size())) == 0);
    fs::write_exactly(own.get(), std::as_bytes(std::span(whole)), 0, "own");
    lender = fs::open_for_reading(fixture.path("lender"));
    // Within text, from text into zeros, noise with what is around it, and zeros alone.
    for (const auto& [offset, length] :
         {std::pair<std::uint64_t, std::uint64_t>{(1U << 20U) + 4096, 5U << 20U},
          {(10U << 20U) + 8192, 6U << 20U},
          {(100U << 20U) - 4096, (1U << 20U) + 8192},
          {50U << 20U, 1U << 19U}}) {
      borrowed.borrow(offset, {lender.get(), offset + k_shift, length});
      REQUIRE(::fallocate(own.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          static_cast<off_t>(offset), static_cast<off_t>(length)) == 0);
    }
  }

  static constexpr std::uint64_t k_shift = 3 * 4096;
  std::filesystem::path path;
  fs::UniqueFd lender;
  fs::BorrowedBytes borrowed;
};

} // namespace

TEST_CASE("what a disk borrows is written as if it were its own") {
  const unsigned thread_count = GENERATE(1U, 2U);
  const ImageFixture fixture;
  const auto outputs = [&](const std::string& prefix) {
    return std::vector<image::ArtifactOutput>{
        {ImageFormat::qcow2, fixture.path(prefix + ".qcow2")},
        {.format = ImageFormat::qcow2,
         .path = fixture.path(prefix + ".small"),
         .cluster_size = 512},
        {ImageFormat::qcow2, fixture.path(prefix + ".zstd"), Compression::zstd},
        {ImageFormat::vhd, fixture.path(prefix + ".vhd")},
        {ImageFormat::vhdx, fixture.path(prefix + ".vhdx")}};
  };
  const auto whole = fixture.write(outputs("whole"), thread_count);
  const BorrowedDisk disk(fixture);
  const base::Cancellation never;
  imagewright::report::NullReporter reporter;
  image::ArtifactRequest request{.raw = disk.path,
                                 .borrowed = disk.borrowed,
                                 .disk_uuid = base::Uuid::from_name("test", "disk"),
                                 .epoch = base::Epoch(std::chrono::seconds(1'700'000'000)),
                                 .outputs = outputs("borrowed"),
                                 .thread_count = thread_count};
  const auto borrowed = image::write_artifacts(request, reporter, never);
  REQUIRE(borrowed.size() == whole.size());
  for (std::size_t index = 0; index < whole.size(); ++index) {
    INFO(whole[index].path);
    CHECK(borrowed[index].digest == whole[index].digest);
    CHECK(fs::digest_of_file(borrowed[index].path) == whole[index].digest);
    CHECK(borrowed[index].file_size == whole[index].file_size);
  }
}

TEST_CASE("a file that becomes an output borrows nothing") {
  const ImageFixture fixture;
  const BorrowedDisk disk(fixture);
  const base::Cancellation never;
  imagewright::report::NullReporter reporter;
  for (const ImageFormat format : {ImageFormat::raw, ImageFormat::vhd_fixed, ImageFormat::cosi}) {
    image::ArtifactRequest request{
        .raw = disk.path, .borrowed = disk.borrowed, .outputs = {{format, fixture.path("out")}}};
    CHECK_THROWS_AS(image::write_artifacts(request, reporter, never), base::BugError);
  }
}
