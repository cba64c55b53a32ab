// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <imagewright/base/digest.hpp>
#include <imagewright/image/write_artifacts.hpp>

namespace imagewright_test {

struct ToolRun {
  int exit_code = 0;
  std::string output;
};

/// Runs a program of the host and waits for it.
ToolRun run_tool(std::vector<std::string> argv);

/// A raw disk with content of several kinds and long holes.
class ImageFixture {
  ScratchDirectory scratch_; // the first member: others stand in it

public:
  ImageFixture();

  std::filesystem::path path(const std::string& name) const { return scratch_ / name; }
  /// Writes outputs named after their format.
  std::vector<imagewright::model::Artifact>
  write(std::vector<imagewright::image::ArtifactOutput> outputs, unsigned thread_count = 1,
        imagewright::image::RawDisk raw_disk = imagewright::image::RawDisk::keep) const;

  std::filesystem::path raw;
};

/// SHA-256 of the whole disk inside an image, as our reader sees it.
imagewright::base::Digest digest_of_disk(const std::filesystem::path& image);

} // namespace imagewright_test
