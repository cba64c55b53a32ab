// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/fs/file.hpp>
#include <imagewright/image/convert.hpp>

#include "image_fixture.hpp"

namespace base = imagewright::base;
namespace fs = imagewright::fs;
namespace image = imagewright::image;
using imagewright::model::ImageFormat;
using imagewright_test::ImageFixture;

namespace {

void convert(const std::filesystem::path& from, const std::filesystem::path& to,
             ImageFormat format) {
  imagewright::report::NullReporter reporter;
  const base::Cancellation never;
  image::convert({.input = from, .output = {.format = format, .path = to}}, reporter, never);
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
