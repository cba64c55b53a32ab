// SPDX-License-Identifier: MIT
// Images that other programs wrote.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <imagewright_test/skip.hpp>
#include <sys/resource.h>

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

namespace {

constexpr std::uint64_t k_compressed = std::uint64_t{1} << 62U;

void put(std::string& bytes, std::size_t at, std::uint64_t value, int size) {
  for (int index = 0; index < size; ++index)
    bytes[at + static_cast<std::size_t>(index)] =
        static_cast<char>(value >> (8 * (size - 1 - index)) & 0xFFU);
}

/// A qcow2 of version 2 with clusters of 2 MiB, and one table of what they are.
std::string qcow2_of(const std::vector<std::uint64_t>& entries) {
  constexpr std::uint64_t k_cluster = std::uint64_t{1} << 21U;
  std::string bytes(4 * k_cluster, '\0');
  put(bytes, 0, 0x514649FB, 4);
  put(bytes, 4, 2, 4);
  put(bytes, 20, 21, 4);
  put(bytes, 24, entries.size() * k_cluster, 8);
  put(bytes, 36, 1, 4);
  put(bytes, 40, k_cluster, 8);
  put(bytes, k_cluster, 2 * k_cluster | std::uint64_t{1} << 63U, 8);
  for (std::size_t index = 0; index < entries.size(); ++index)
    put(bytes, 2 * k_cluster + 8 * index, entries[index], 8);
  return bytes;
}

std::string fault_of_table(const std::string& bytes) {
  const ImageFixture fixture;
  const auto path = fixture.path("table.qcow2");
  imagewright::fs::write_file_atomically(path, bytes);
  try {
    image::open_image(path)->data_extents();
  } catch (const imagewright::base::Error& error) {
    return error.diagnostic().code + ": " + error.diagnostic().message;
  }
  return {};
}

} // namespace

TEST_CASE("a compressed cluster stands for no more than one of the disk") {
  using Catch::Matchers::Contains;
  const std::uint64_t stream = k_compressed | std::uint64_t{6} << 20U;
  // Streams that lie apart by what 2 MiB take at least.
  CHECK(fault_of_table(qcow2_of({stream, stream + 4096, stream + 8192})).empty());
  for (const std::uint64_t distance : {0U, 1U, 512U, 1024U}) {
    CAPTURE(distance);
    CHECK_THAT(fault_of_table(qcow2_of({stream, stream + 8192, stream + distance})),
               Contains("image.corrupt-qcow2") && Contains("a compressed cluster is used twice"));
  }
}

TEST_CASE("how large a qcow2 with holes is costs no memory") {
  const ImageFixture fixture;
  const auto path = fixture.path("holes.qcow2");
  std::string bytes(1536, '\0');
  put(bytes, 0, 0x514649FB, 4);
  put(bytes, 4, 2, 4);
  put(bytes, 20, 9, 4);
  put(bytes, 24, 512, 8);
  put(bytes, 36, 1, 4);
  put(bytes, 40, 512, 8);
  imagewright::fs::write_file_atomically(path, bytes);
  std::filesystem::resize_file(path, std::uintmax_t{8} << 40U);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_DATA, &before) == 0);
  // The bits of all clusters of 8 TiB would be 2 GiB.
  const rlimit limited{rlim_t{1} << 30U, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_DATA, &limited) == 0);
  CHECK_NOTHROW(image::open_image(path)->data_extents());
  CHECK(::setrlimit(RLIMIT_DATA, &before) == 0);
}
