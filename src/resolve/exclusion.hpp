// SPDX-License-Identifier: MIT
#pragma once

// Which packages of the repositories may not be used, and who says so.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/resolve/request.hpp>

namespace imagewright::resolve {

/// Does a glob mean this package: by name, name.architecture or the whole
/// name-version-release.architecture?
bool matches_package(const model::Nevra& package, const std::string& pattern);

/// Why a package may not be used.
struct Exclusion {
  std::string reason; ///< "excluded by \"dracut*\""
  std::optional<base::SourceLocation> where;
};

/// Nothing when it may be used.
std::optional<Exclusion> find_exclusion(const model::Nevra& package,
                                        const model::Repository& repository,
                                        const std::vector<Exclude>& excludes);

} // namespace imagewright::resolve
