// SPDX-License-Identifier: MIT
#pragma once

// A disk with an ext4 root file system, small enough for tests.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/boot/boot_request.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/program.hpp>

namespace boot_test {

namespace base = imagewright::base;
namespace boot = imagewright::boot;
namespace model = imagewright::model;
namespace process = imagewright::process;

inline constexpr base::ByteSize k_root_start = base::ByteSize::mib(3);
inline constexpr base::ByteSize k_root_size = base::ByteSize::mib(40);
inline constexpr base::ByteSize k_disk_size = base::ByteSize::mib(64);

/// Runs real programs in a directory and fails the test when one fails.
class Tools {
public:
  explicit Tools(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::string run(std::vector<std::string> argv) {
    const auto result = runner_.run({.argv = std::move(argv), .working_directory = directory_});
    INFO(result.argv.front() << ": " << result.standard_error);
    REQUIRE(result.is_success());
    return result.standard_output;
  }
  process::CommandRunner& runner() { return runner_; }
  const base::Cancellation& cancellation() const { return cancellation_; }

private:
  std::filesystem::path directory_;
  base::Cancellation cancellation_;
  process::HostCommandRunner runner_{cancellation_};
};

inline bool has_programs(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!process::find_program(name)) return false;
  }
  return true;
}

/// Makes the raw disk `name` with /etc/systemd/system in its root file system.
inline void make_small_disk(const imagewright_test::ScratchDirectory& scratch, Tools& tools,
                            const std::string& name) {
  scratch.write("tree/etc/systemd/system/getty.target", "[Unit]\n");
  scratch.write(name, "");
  std::filesystem::resize_file(scratch / name, k_disk_size.bytes());
  tools.run({"mke2fs", "-q", "-F", "-t", "ext4", "-O", "metadata_csum,orphan_file", "-E",
             "offset=" + std::to_string(k_root_start.bytes()), "-d", "tree", name,
             std::to_string(k_root_size.bytes() / 1024) + "k"});
}

inline boot::BootRequest small_request(const std::filesystem::path& image,
                                       model::ImageFormat format) {
  boot::BootRequest request;
  request.image = image;
  request.format = format;
  request.architecture = model::architecture("x86_64");
  request.root = {k_root_start, k_root_size, model::FilesystemType::ext4};
  return request;
}

} // namespace boot_test
