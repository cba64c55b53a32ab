// SPDX-License-Identifier: MIT
#include "image_fixture.hpp"

#include <algorithm>
#include <fstream>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/process/command_runner.hpp>

namespace imagewright_test {

namespace base = imagewright::base;
namespace image = imagewright::image;
namespace process = imagewright::process;

ToolRun run_tool(std::vector<std::string> argv) {
  const base::Cancellation never;
  process::HostCommandRunner runner(never);
  process::Command command{.argv = std::move(argv)};
  command.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
  command.environment["LC_ALL"] = "C";
  const auto result = runner.run(command);
  return {result.exit_code.value_or(-1), result.standard_output + result.standard_error};
}

ImageFixture::ImageFixture() : raw(scratch_ / "disk.raw") {
  std::ofstream out(raw, std::ios::binary);
  const auto put = [&](std::uint64_t offset, const std::string& text) {
    out.seekp(static_cast<std::streamoff>(offset));
    out << text;
  };
  put(0, std::string(510, 'm') + "\x55\xaa");
  // Long enough for its digest to be made beside its writing.
  std::string compressible;
  while (compressible.size() < 13U << 20U)
    compressible += "some text that repeats itself ";
  put(1U << 20U, compressible);
  // Bytes that no compressor makes smaller, from a fixed generator.
  std::string noise(1U << 20U, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& byte : noise) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    byte = static_cast<char>(state);
  }
  put(100U << 20U, noise);
  // Zeros that the host stores, which must not be stored in outputs.
  put(50U << 20U, std::string(1U << 20U, '\0'));
  // Beyond the reach of one level 2 table, and the last sector.
  put(600U << 20U, "far away");
  put((640U << 20U) - 512, std::string(512, 'e'));
}

std::vector<imagewright::model::Artifact>
ImageFixture::write(std::vector<image::ArtifactOutput> outputs, unsigned thread_count,
                    image::RawDisk raw_disk) const {
  const base::Cancellation never;
  imagewright::report::NullReporter reporter;
  return image::write_artifacts({.raw = raw,
                                 .raw_disk = raw_disk,
                                 .disk_uuid = base::Uuid::from_name("test", "disk"),
                                 .epoch = base::Epoch(std::chrono::seconds(1'700'000'000)),
                                 .outputs = std::move(outputs),
                                 .thread_count = thread_count},
                                reporter, never);
}

base::Digest digest_of_disk(const std::filesystem::path& path) {
  const auto reader = image::open_image(path);
  base::Hasher hasher;
  std::vector<std::byte> buffer(1U << 20U);
  for (std::uint64_t offset = 0; offset < reader->size(); offset += buffer.size()) {
    const auto piece =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), reader->size() - offset));
    reader->read(offset, piece);
    hasher.update(piece);
  }
  return hasher.finish();
}

} // namespace imagewright_test
