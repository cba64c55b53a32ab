// SPDX-License-Identifier: MIT
#pragma once

// The package files as the inside has them: by their place in the package set, from the directory
// of copies that it was given, or as descriptors.

#include <string>
#include <utility>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::install {

/// Inside: opens package files.
class PackageFiles {
public:
  /// `directory` is borrowed.
  explicit PackageFiles(int directory) : directory_(directory) {}
  /// One of each package, borrowed. What is opened shares its position with it: one at a time.
  explicit PackageFiles(std::vector<int> descriptors) : descriptors_(std::move(descriptors)) {}

  /// Throws base::Error (install.package-missing).
  fs::UniqueFd open(std::size_t index) const;

private:
  int directory_ = -1;
  std::vector<int> descriptors_;
};

} // namespace imagewright::install
