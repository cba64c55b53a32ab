// SPDX-License-Identifier: MIT
#pragma once

// Which packages of the repositories may not be used, and who says so.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/source_location.hpp>

#include "libsolv_types.hpp"

namespace imagewright::resolve {

class PackagePool;

/// Why a package may not be used.
struct Exclusion {
  std::string reason; ///< "excluded by \"dracut*\""
  std::optional<base::SourceLocation> where;
};

/// All of a question.
struct Exclusions {
  std::map<Id, Exclusion> by_package;
  /// resolve.exclude-unmatched for each exclude that means no package: it would do nothing.
  std::vector<base::Diagnostic> problems;
};

/// What the excludes of the request and the filters of its repositories mean in a pool in which
/// nothing is left out yet. An exclude means what the same words mean as a request: a glob over
/// names, name.architecture or the whole name-version-release.architecture, a name with a version,
/// a file, a capability.
Exclusions find_exclusions(const PackagePool& pool);

} // namespace imagewright::resolve
