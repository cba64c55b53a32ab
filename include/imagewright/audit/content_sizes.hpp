// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/audit/manifest.hpp>

namespace imagewright::audit {

/// What takes room in an image.
struct SizeShare {
  std::string name;
  std::uint64_t bytes = 0;
};

/// The content of an image's files, divided in two ways: largest first, equal ones by name.
struct ContentSizes {
  std::vector<SizeShare> packages;    ///< "" are files of no package
  std::vector<SizeShare> directories; ///< of at most two parts: "/usr/lib" holds all below it
};

/// Files with several names count for each.
ContentSizes content_sizes(const Manifest& manifest);

} // namespace imagewright::audit
