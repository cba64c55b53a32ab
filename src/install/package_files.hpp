// SPDX-License-Identifier: MIT
#pragma once

// The package files of the host as the inside sees them: read-only, by their place in the package
// set.

#include <string>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::install {

/// Where each package file will be inside.
struct PackagePlaces {
  struct Place {
    std::size_t directory = 0;
    std::string name;
  };

  std::vector<sandbox::BindMount> bind_mounts; ///< one for each directory
  std::vector<Place> places;                   ///< in the order of the set
};

/// Outside: finds the directories of all package files. Throws base::Error
/// (install.package-missing).
PackagePlaces place_packages(const model::PackageSet& packages);

/// Inside: opens package files. The directories are opened at once, so that no script can put
/// others in their place.
class PackageFiles {
public:
  explicit PackageFiles(const PackagePlaces& places);

  /// Throws base::Error (install.package-missing).
  fs::UniqueFd open(std::size_t index) const;

private:
  const PackagePlaces& places_;
  std::vector<fs::UniqueFd> directories_;
};

} // namespace imagewright::install
