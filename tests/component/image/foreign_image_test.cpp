// SPDX-License-Identifier: MIT
// Images that other programs wrote.
#include <fstream>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/image_reader.hpp>

#include "image_fixture.hpp"

namespace image = imagewright::image;
using imagewright::model::ImageFormat;
using imagewright_test::digest_of_disk;
using imagewright_test::find_shared_data;
using imagewright_test::has_program;
using imagewright_test::ImageFixture;
using imagewright_test::run_tool;

namespace {

/// Our reading of a foreign image is what qemu-img makes of it.
void check_against_qemu(const std::filesystem::path& path, const std::string& format) {
  const ImageFixture fixture;
  const auto run = run_tool({"qemu-img", "convert", "-f", format, "-O", "raw", path.string(),
                             fixture.path("theirs").string()});
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  CHECK(digest_of_disk(path) == imagewright::fs::digest_of_file(fixture.path("theirs")));
}

} // namespace

TEST_CASE("reads a qcow2 of another program as qemu-img does") {
  const auto data = find_shared_data("disk-images");
  if (!data) IMAGEWRIGHT_SKIP("../shared/data/disk-images is absent");
  if (!has_program("qemu-img")) IMAGEWRIGHT_SKIP("qemu-img is not installed");
  CHECK(image::open_image(*data / "ext2.qcow2")->format() == ImageFormat::qcow2);
  check_against_qemu(*data / "ext2.qcow2", "qcow2");
}

TEST_CASE("refuses a VHD with a wrong checksum, as qemu-img does") {
  const auto data = find_shared_data("disk-images");
  if (!data) IMAGEWRIGHT_SKIP("../shared/data/disk-images is absent");
  if (!has_program("qemu-img")) IMAGEWRIGHT_SKIP("qemu-img is not installed");
  const auto theirs = run_tool({"qemu-img", "info", "-f", "vpc", *data / "image.vhd"});
  CHECK(theirs.output.find("Incorrect header checksum") != std::string::npos);
  try {
    image::open_image(*data / "image.vhd");
    FAIL("it was opened");
  } catch (const imagewright::base::Error& error) {
    CHECK(error.diagnostic().code == "image.corrupt-vhd");
  }
}

TEST_CASE("reads what qemu-img writes, in its variants") {
  if (!has_program("qemu-img")) IMAGEWRIGHT_SKIP("qemu-img is not installed");
  struct Variant {
    std::string format;
    std::string options;
  };
  const auto variant = GENERATE(
      Variant{"qcow2", "compat=0.10"}, Variant{"qcow2", "cluster_size=512"},
      Variant{"qcow2", "cluster_size=2M"}, Variant{"qcow2", "compression_type=zstd"},
      Variant{"qcow2", "lazy_refcounts=on"}, Variant{"vpc", "subformat=dynamic,force_size=on"},
      Variant{"vpc", "subformat=fixed,force_size=on"}, Variant{"vhdx", "subformat=dynamic"},
      Variant{"vhdx", "subformat=fixed"}, Variant{"vhdx", "block_size=256M"});
  const ImageFixture fixture;
  std::vector<std::string> argv = {"qemu-img", "convert",      "-f", "raw",
                                   "-O",       variant.format, "-o", variant.options};
  if (variant.options.find("compression") != std::string::npos) argv.emplace_back("-c");
  argv.push_back(fixture.raw);
  argv.push_back(fixture.path("theirs"));
  const auto run = run_tool(argv);
  INFO(variant.options << run.output);
  REQUIRE(run.exit_code == 0);
  CHECK(digest_of_disk(fixture.path("theirs")) == imagewright::fs::digest_of_file(fixture.raw));
}

TEST_CASE("what cannot be read is named") {
  if (!has_program("qemu-img")) IMAGEWRIGHT_SKIP("qemu-img is not installed");
  const ImageFixture fixture;
  REQUIRE(
      run_tool({"qemu-img", "create", "-f", "vmdk", fixture.path("x").string(), "16M"}).exit_code ==
      0);
  CHECK_THROWS_AS(image::open_image(fixture.path("x")), imagewright::base::Error);
  REQUIRE(run_tool({"qemu-img", "create", "-f", "qcow2", "-F", "raw", "-b", fixture.raw.string(),
                    fixture.path("overlay").string()})
              .exit_code == 0);
  CHECK_THROWS_AS(image::open_image(fixture.path("overlay")), imagewright::base::Error);
}
