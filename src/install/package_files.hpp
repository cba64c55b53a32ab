// SPDX-License-Identifier: MIT
#pragma once

// The package files as the inside has them: by their place in the package set, from the directory
// of copies that it was given.

#include <string>

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::install {

/// Inside: opens package files.
class PackageFiles {
public:
  /// `directory` is borrowed.
  explicit PackageFiles(int directory) : directory_(directory) {}

  /// Throws base::Error (install.package-missing).
  fs::UniqueFd open(std::size_t index) const;

private:
  int directory_;
};

} // namespace imagewright::install
