// SPDX-License-Identifier: MIT
#pragma once

// The packages that are held against a feed.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/package_version.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::advisory {

struct InstalledPackage {
  std::string name;
  base::PackageVersion version;
  /// Of the package that it was built from; empty: not known.
  std::string source_name;
  base::PackageVersion source_version;

  bool operator==(const InstalledPackage&) const = default;
};

/// Where packages were read from.
struct Inventory {
  std::string file;
  std::vector<InstalledPackage> packages; ///< sorted by name
  std::string container_image = {};       ///< in which they are; empty: they are the node's own
  std::size_t container_images = 0;       ///< beside them, with packages that are not among these
};

/// From a name, its version, and the file name of its source package ("x-1-2.src.rpm"; may be
/// empty).
InstalledPackage installed_package(const model::Nevra& nevra, std::string_view source_file);

/// Those of audit::read_package_list(), sorted; their source packages are not known. Throws
/// base::Error (audit.damaged-list).
Inventory read_package_list(std::string_view text, const std::string& file);

} // namespace imagewright::advisory
