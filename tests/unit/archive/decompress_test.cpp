// SPDX-License-Identifier: MIT
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/error.hpp>

using namespace imagewright;
using imagewright_test::ScratchDirectory;

namespace {

struct Sample {
  std::string program;
  archive::Compression compression;
};

const std::array<Sample, 4> k_samples{{{"gzip", archive::Compression::gzip},
                                       {"zstd", archive::Compression::zstd},
                                       {"xz", archive::Compression::xz},
                                       {"bzip2", archive::Compression::bzip2}}};

std::string sample_text() {
  std::string text;
  for (int line = 0; line < 20000; ++line)
    text += "line " + std::to_string(line * 7919) + "\n";
  return text;
}

std::string error_code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "no error";
}

/// The file compressed by the named program, which the caller knows to be there.
std::filesystem::path compress(const ScratchDirectory& scratch, const std::string& program) {
  const auto plain = scratch.write("plain", sample_text());
  const auto target = scratch / ("compressed." + program);
  const std::string command = program + " -c " + plain.string() + " > " + target.string();
  REQUIRE(std::system(command.c_str()) == 0);
  return target;
}

} // namespace

TEST_CASE("tells compressions apart by content") {
  const auto head = [](std::string_view text) {
    return archive::detect_compression(std::as_bytes(std::span(text.data(), text.size())));
  };
  CHECK(head("\x1f\x8b\x08") == archive::Compression::gzip);
  CHECK(head("\x28\xb5\x2f\xfd") == archive::Compression::zstd);
  CHECK(head(std::string_view("\xfd\x37zXZ\0", 6)) == archive::Compression::xz);
  CHECK(head("BZh9") == archive::Compression::bzip2);
  CHECK(head("<?xml") == archive::Compression::none);
  CHECK(head("") == archive::Compression::none);
  CHECK(head("\x28\xb5") == archive::Compression::none);
}

TEST_CASE("reads what each compression program writes") {
  for (const Sample& sample : k_samples) {
    INFO(sample.program);
    if (!imagewright_test::has_program(sample.program)) {
      IMAGEWRIGHT_SKIP(sample.program + " is not installed");
    }
    const ScratchDirectory scratch;
    const auto compressed = compress(scratch, sample.program);
    CHECK(archive::decompressed_text(compressed, base::ByteSize::mib(1)) == sample_text());
    archive::decompress_file(compressed, scratch / "target", base::ByteSize::mib(1));
    CHECK(imagewright_test::read_text(scratch / "target") == sample_text());
  }
}

TEST_CASE("passes plain content on") {
  const ScratchDirectory scratch;
  CHECK(archive::decompressed_text(scratch.write("a", sample_text()), base::ByteSize::mib(1)) ==
        sample_text());
  CHECK(archive::decompressed_text(scratch.write("b", "x"), base::ByteSize(1)) == "x");
  CHECK(archive::decompressed_text(scratch.write("c", ""), base::ByteSize(0)).empty());
}

TEST_CASE("refuses content beyond the limit and leaves no target") {
  const ScratchDirectory scratch;
  const auto plain = scratch.write("plain", "0123456789");
  CHECK(archive::decompressed_text(plain, base::ByteSize(10)).size() == 10);
  CHECK(error_code_of([&] {
          archive::decompress_file(plain, scratch / "target", base::ByteSize(9));
        }) == "archive.too-large");
  CHECK_FALSE(std::filesystem::exists(scratch / "target"));
}

TEST_CASE("refuses a stream that is cut off") {
  for (const Sample& sample : k_samples) {
    INFO(sample.program);
    if (!imagewright_test::has_program(sample.program)) {
      IMAGEWRIGHT_SKIP(sample.program + " is not installed");
    }
    const ScratchDirectory scratch;
    const auto compressed = compress(scratch, sample.program);
    std::filesystem::resize_file(compressed, std::filesystem::file_size(compressed) / 2);
    CHECK(error_code_of([&] { archive::decompressed_text(compressed, base::ByteSize::mib(1)); }) ==
          "archive.damaged");
  }
}
