// SPDX-License-Identifier: MIT
#pragma once

// Why a package is in the image.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/model/package.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::resolve {

/// One step from a package to the one that needs it.
struct ExplanationStep {
  model::Nevra package;
  /// What the next package (the one that is explained, at the end) provides for this one.
  std::string requirement;
  bool is_weak = false;

  bool operator==(const ExplanationStep&) const = default;
};

/// The shortest chain from one line of the config to a package.
struct Explanation {
  model::PackageRequest request;
  /// Requirers, the one that meets the request first; empty when the package itself meets it.
  std::vector<ExplanationStep> chain;
  model::Nevra package;

  bool operator==(const Explanation&) const = default;
};

/// One explanation for each request that leads to a package of that name (or
/// name-version-release.architecture), shortest first, at most `limit`. Empty when it is not in the
/// resolution.
std::vector<Explanation> explain(const Resolution& resolution, std::string_view package,
                                 std::size_t limit = 5);

} // namespace imagewright::resolve
