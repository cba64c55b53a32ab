// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <fstream>

#include <imagewright_test/skip.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/convert.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/report/recording_reporter.hpp>

#include "image_fixture.hpp"

namespace base = imagewright::base;
namespace fs = imagewright::fs;
namespace image = imagewright::image;
using imagewright::model::ImageFormat;
using imagewright_test::digest_of_disk;
using imagewright_test::ImageFixture;
using imagewright_test::run_tool;

namespace {

void convert(const std::filesystem::path& from, const std::filesystem::path& to,
             ImageFormat format) {
  imagewright::report::NullReporter reporter;
  const base::Cancellation never;
  image::convert({.input = from, .output = {.format = format, .path = to}}, reporter, never);
}

/// What a conversion to a VHD of a fixed size says to people, and the codes of its warnings.
std::vector<std::string> words_of_conversion(const std::filesystem::path& from,
                                             const std::filesystem::path& to) {
  imagewright::report::RecordingReporter reporter;
  const base::Cancellation never;
  image::convert({.input = from, .output = {.format = ImageFormat::vhd_fixed, .path = to}},
                 reporter, never);
  std::vector<std::string> words;
  for (const imagewright::report::Event& event : reporter.events()) {
    if (const auto* message = std::get_if<imagewright::report::Message>(&event))
      words.push_back(message->text);
    if (const auto* warning = std::get_if<base::Diagnostic>(&event)) words.push_back(warning->code);
  }
  return words;
}

} // namespace

TEST_CASE("a disk survives the way through every format") {
  const ImageFixture fixture;
  convert(fixture.raw, fixture.path("1.qcow2"), ImageFormat::qcow2);
  convert(fixture.path("1.qcow2"), fixture.path("2.vhd"), ImageFormat::vhd);
  convert(fixture.path("2.vhd"), fixture.path("3.vhd"), ImageFormat::vhd_fixed);
  convert(fixture.path("3.vhd"), fixture.path("4.vhdx"), ImageFormat::vhdx);
  convert(fixture.path("4.vhdx"), fixture.path("5.raw"), ImageFormat::raw);
  CHECK(fs::digest_of_file(fixture.path("5.raw")) == fs::digest_of_file(fixture.raw));
}

namespace {

base::Diagnostic refusal(const std::filesystem::path& input) {
  const ImageFixture fixture;
  try {
    convert(input, fixture.path("out.qcow2"), ImageFormat::qcow2);
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::input);
    return error.diagnostic();
  }
  return {};
}

std::filesystem::path file_with(const ImageFixture& fixture, const std::string& content) {
  const auto path = fixture.path("foreign");
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

/// A GPT disk of that size, made by sgdisk, with one partition.
void make_disk(const std::filesystem::path& path, std::uint64_t size) {
  std::ofstream(path).close();
  std::filesystem::resize_file(path, size);
  const auto run = run_tool({"sgdisk", "-n", "1:2048:0", path.string()});
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
}

} // namespace

TEST_CASE("what is no disk image is refused, and is not called a raw disk") {
  using namespace std::string_literals;
  const ImageFixture fixture;
  struct Case {
    std::string content;
    std::string word;
  };
  const auto each = GENERATE(
      Case{"<<< Oracle VM VirtualBox Disk Image >>>\n"s + std::string(24, '\0') +
               "\x7f\x10\xda\xbe" + std::string(500, '\0'),
           "VDI"},
      Case{"QED\0"s + std::string(5000, '\0'), "QED"},
      Case{"KDMV"s + std::string(900, 'x'), "VMDK"},
      Case{"# Disk DescriptorFile\nversion=1\n"s, "VMDK"}, Case{"just some words\n"s, "text"},
      Case{"PK\x03\x04"s + std::string(600, 'z'), "ZIP"}, Case{""s, "empty"},
      Case{"\x01\x02\x03"s + std::string(1U << 20U, '\0'), "neither"});
  const auto diagnostic = refusal(file_with(fixture, each.content));
  CHECK(diagnostic.code == "image.unsupported");
  CHECK_THAT(diagnostic.message, Catch::Matchers::Contains(each.word));
  CHECK_FALSE(diagnostic.hint.empty());
}

TEST_CASE("bytes that no disk begins with are converted when their format is given") {
  const ImageFixture fixture;
  const auto path = file_with(fixture, "\x01" + std::string((1U << 20U) - 1, '\0'));
  imagewright::report::NullReporter reporter;
  const base::Cancellation never;
  image::convert({.input = path,
                  .input_format = ImageFormat::raw,
                  .output = {.format = ImageFormat::qcow2, .path = fixture.path("out.qcow2")}},
                 reporter, never);
  CHECK(image::open_image(fixture.path("out.qcow2"))->size() == 1U << 20U);
}

TEST_CASE("a pipe, a directory and what is not there are no input") {
  const ImageFixture fixture;
  const auto pipe = fixture.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(refusal(pipe).code == "image.not-a-file");
  CHECK(refusal(fixture.raw.parent_path()).code == "image.not-a-file");
  CHECK(refusal(fixture.path("absent")).code == "fs.cannot-read");
}

TEST_CASE("a compressed image is read as what is in it") {
  const ImageFixture fixture;
  const std::string program = GENERATE(as<std::string>{}, "xz", "gzip", "zstd");
  if (!imagewright_test::has_program(program)) IMAGEWRIGHT_SKIP(program + " is not installed");
  convert(fixture.raw, fixture.path("in.qcow2"), ImageFormat::qcow2);
  const auto run = run_tool({program, "-1", "-k", fixture.path("in.qcow2").string()});
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  const std::string suffix = program == "gzip" ? ".gz" : program == "zstd" ? ".zst" : ".xz";
  convert(fixture.path("in.qcow2" + suffix), fixture.path("out.raw"), ImageFormat::raw);
  CHECK(fs::digest_of_file(fixture.path("out.raw")) == fs::digest_of_file(fixture.raw));
}

TEST_CASE("a disk that is no whole MiB becomes a VHD that is, with its backup table at the end") {
  if (!imagewright_test::has_program("sgdisk")) IMAGEWRIGHT_SKIP("sgdisk is not installed");
  const ImageFixture fixture;
  const auto format = GENERATE(ImageFormat::vhd, ImageFormat::vhd_fixed);
  constexpr std::uint64_t mebi = 1U << 20U;
  const std::uint64_t size = GENERATE(26 * mebi + 512, 27 * mebi - 2048, 26 * mebi + 17 * 512);
  const auto disk = fixture.path("odd.raw");
  make_disk(disk, size);
  convert(disk, fixture.path("out.vhd"), format);
  CHECK(image::open_image(fixture.path("out.vhd"))->size() == 27 * mebi);
  convert(fixture.path("out.vhd"), fixture.path("back.raw"), ImageFormat::raw);
  const auto verified = run_tool({"sgdisk", "-v", fixture.path("back.raw").string()});
  CHECK_THAT(verified.output, Catch::Matchers::Contains("No problems found"));
  CHECK_THAT(run_tool({"sgdisk", "-p", fixture.path("back.raw").string()}).output,
             Catch::Matchers::Contains("last usable sector is 55262"));
}

TEST_CASE("what became of the backup table of a disk that grows is said") {
  if (!imagewright_test::has_program("sgdisk")) IMAGEWRIGHT_SKIP("sgdisk is not installed");
  using Catch::Matchers::Contains;
  const ImageFixture fixture;
  const auto disk = fixture.path("odd.raw");
  make_disk(disk, (26U << 20U) + 512);
  const auto moved = words_of_conversion(disk, fixture.path("moved.vhd"));
  REQUIRE(moved.size() == 1);
  CHECK_THAT(moved.front(), Contains("moved to the new end"));
  const fs::UniqueFd file = fs::open_for_writing(disk);
  fs::write_exactly(file.get(), std::array{std::byte{1}}, 512 + 60, disk.string());
  CHECK(words_of_conversion(disk, fixture.path("damaged.vhd")) ==
        std::vector<std::string>{"image.backup-not-moved"});
}

TEST_CASE("a disk that was cut off is not converted") {
  if (!imagewright_test::has_program("sgdisk")) IMAGEWRIGHT_SKIP("sgdisk is not installed");
  const ImageFixture fixture;
  const auto disk = fixture.path("cut.raw");
  make_disk(disk, 26U << 20U);
  std::filesystem::resize_file(disk, 13U << 20U);
  const auto format = GENERATE(ImageFormat::raw, ImageFormat::qcow2, ImageFormat::vhd_fixed);
  try {
    convert(disk, fixture.path("out"), format);
    FAIL("it was converted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "disk.corrupt-partition-table");
  }
  CHECK_FALSE(std::filesystem::exists(fixture.path("out")));
}

TEST_CASE("a disk that is whole already keeps every byte") {
  if (!imagewright_test::has_program("sgdisk")) IMAGEWRIGHT_SKIP("sgdisk is not installed");
  const ImageFixture fixture;
  const auto disk = fixture.path("even.raw");
  make_disk(disk, 26U << 20U);
  convert(disk, fixture.path("out.vhd"), ImageFormat::vhd_fixed);
  CHECK(digest_of_disk(fixture.path("out.vhd")) == fs::digest_of_file(disk));
}

TEST_CASE("a disk without a table has one identifier, whatever the host stores") {
  const ImageFixture fixture;
  std::ofstream(fixture.path("sparse"), std::ios::binary) << "XFSB";
  std::filesystem::resize_file(fixture.path("sparse"), 4U << 20U);
  {
    // Three stretches of one MiB, with holes in between.
    std::fstream out(fixture.path("sparse"), std::ios::binary | std::ios::in | std::ios::out);
    for (const unsigned place : {256U, 512U, 900U}) {
      out.seekp(static_cast<std::streamoff>(place) << 10U);
      out << "data";
    }
  }
  const auto converted = [&](const std::string& name) {
    convert(fixture.path(name), fixture.path(name + ".vhdx"), ImageFormat::vhdx);
    return fs::digest_of_file(fixture.path(name + ".vhdx"));
  };
  REQUIRE(
      run_tool({"cp", "--sparse=never", fixture.path("sparse"), fixture.path("dense")}).exit_code ==
      0);
  const bool has_holes = image::open_image(fixture.path("sparse"))->data_extents().size() > 1;
  if (!has_holes) IMAGEWRIGHT_SKIP("this host stores holes");
  CHECK(converted("sparse") == converted("dense"));
}

TEST_CASE("a disk of many TiB with little in it is converted by what it holds") {
  const ImageFixture fixture;
  const auto huge = fixture.path("huge.raw");
  std::filesystem::copy_file(fixture.raw, huge);
  std::filesystem::resize_file(huge, std::uint64_t{12} << 40U);
  const auto start = std::chrono::steady_clock::now();
  convert(huge, fixture.path("huge.qcow2"), ImageFormat::qcow2);
  convert(fixture.path("huge.qcow2"), fixture.path("back.raw"), ImageFormat::raw);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::minutes(2));
  CHECK(std::filesystem::file_size(fixture.path("back.raw")) == std::uint64_t{12} << 40U);
}

TEST_CASE("data of a dynamic VHD start on sectors of 4096 bytes") {
  const ImageFixture fixture;
  convert(fixture.raw, fixture.path("out.vhd"), ImageFormat::vhd);
  const std::string bytes = fs::read_file(fixture.path("out.vhd"));
  const auto number = [&](std::size_t offset) {
    std::uint32_t value = 0;
    for (std::size_t index = 0; index < 4; ++index)
      value = value << 8U | static_cast<unsigned char>(bytes.at(offset + index));
    return value;
  };
  std::size_t stored = 0;
  for (std::size_t block = 0; block < 320; ++block) {
    const std::uint32_t sector = number(1536 + block * 4);
    if (sector == UINT32_MAX) continue;
    CHECK((sector + 1U) % 8 == 0);
    ++stored;
  }
  CHECK(stored > 1);
}

TEST_CASE("the input stays as it is and no staging is left") {
  const ImageFixture fixture;
  const auto before = fs::digest_of_file(fixture.raw);
  convert(fixture.raw, fixture.path("out.raw"), ImageFormat::raw);
  CHECK(fs::digest_of_file(fixture.raw) == before);
  convert(fixture.raw, fixture.path("a.qcow2"), ImageFormat::qcow2);
  convert(fixture.path("a.qcow2"), fixture.path("b.raw"), ImageFormat::raw);
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixture.raw.parent_path())) {
    CHECK(entry.is_regular_file());
    ++count;
  }
  CHECK(count == 4);
}
