// SPDX-License-Identifier: MIT
#pragma once

// The exact package set of an image, for each architecture.

#include <string>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>

namespace imagewright::model {

/// A package that lies in the image as a file.
struct StoredPackage {
  LockedPackage package;
  std::string directory; ///< of the image

  auto operator<=>(const StoredPackage&) const = default;
  bool operator==(const StoredPackage&) const = default;
  /// "/opt/packages/kubelet-1.30.0-1.x86_64.rpm"
  std::string path() const {
    return (directory == "/" ? "" : directory) + "/" + package.nevra.to_string() + ".rpm";
  }
};

/// The pinned packages of one architecture.
struct ArchitectureLock {
  std::string architecture;
  /// Digest over everything that the resolution depended on besides the metadata: requests,
  /// excludes, repositories, weak dependencies. A lock whose digest differs from the plan's is
  /// stale.
  base::Digest request;
  /// The same in words, one wish a line, sorted, for people who ask what has changed. Empty in
  /// locks of older programs.
  std::vector<std::string> asked;
  std::vector<LockedRepository> repositories;         ///< sorted by name
  std::vector<LockedPackage> packages;                ///< sorted
  std::vector<LockedContainerImage> container_images; ///< sorted
  std::vector<StoredPackage> stored;                  ///< sorted

  bool operator==(const ArchitectureLock&) const = default;
};

/// One lock file.
struct Lock {
  std::vector<ArchitectureLock> architectures; ///< sorted by name

  bool operator==(const Lock&) const = default;
  /// Null when that architecture is not locked.
  const ArchitectureLock* find(const std::string& architecture) const;
};

} // namespace imagewright::model
