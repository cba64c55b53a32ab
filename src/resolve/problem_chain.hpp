// SPDX-License-Identifier: MIT
#pragma once

// How a problem follows from a request.

#include <vector>

#include "package_pool.hpp"

namespace imagewright::resolve {

/// A package and something that it requires.
struct Requirement {
  Id package = 0;
  Id dependency = 0;

  auto operator<=>(const Requirement&) const = default;
};

/// A package, and the requirement by which it came in.
struct ChainLink {
  Id package = 0;
  Requirement reason; ///< empty for the package that meets the request itself
};

/// The shortest chain over `requirements` from one of `start` to `target`, the start first; empty
/// when there is none.
std::vector<ChainLink> find_chain(const PackagePool& pool, const std::vector<Id>& start,
                                  const std::vector<Requirement>& requirements, Id target);

} // namespace imagewright::resolve
