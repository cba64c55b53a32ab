// SPDX-License-Identifier: MIT
#pragma once

// What the words of a package request mean in a pool.

#include <string>
#include <vector>

#include "package_pool.hpp"

namespace imagewright::resolve {

/// The solver's words for one request: pairs of how and what, as selections of libsolv have them.
struct RequestMatch {
  std::vector<Id> selection;  ///< empty: nothing is meant by it
  std::vector<Id> candidates; ///< the packages that can meet it, ascending
};

/// Tries, in this order: file path, name, name.architecture and globs of them, name with a version
/// comparison, name-version(-release)(.architecture), capability.
RequestMatch match_request(const PackagePool& pool, const std::string& spec);

} // namespace imagewright::resolve
