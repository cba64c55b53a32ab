// SPDX-License-Identifier: MIT
#pragma once

// What is in an image of containers, as its own files say.

#include <compare>
#include <string>
#include <vector>

namespace imagewright::model {

/// A package of whatever package manager made the image. Its texts are printable ASCII.
struct ContainerPackage {
  std::string kind; ///< as package URLs have it: "rpm", "deb", "apk"
  std::string name;
  std::string version; ///< all of it, "[epoch:]version-release"
  std::string architecture;
  std::string source; ///< what it was built from, as its kind names that; empty: not known

  auto operator<=>(const ContainerPackage&) const = default;
};

struct ContainerContents {
  std::string distribution; ///< ID of os-release; empty: it has none
  std::string distribution_version;
  std::vector<ContainerPackage> packages; ///< sorted
  /// Why more packages may be in it than are told; empty: it has what a package manager left, and
  /// that was read.
  std::string unknown;

  bool operator==(const ContainerContents&) const = default;
};

} // namespace imagewright::model
