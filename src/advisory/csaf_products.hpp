// SPDX-License-Identifier: MIT
#pragma once

// What the products of a CSAF document are as packages.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::advisory {

/// A package of a distribution, and which of its versions.
struct CsafPackage {
  std::string name;
  std::string distribution_tag; ///< "azl3"; empty: not known
  /// A range; empty with a version: that one; empty without one: every version.
  std::vector<Condition> range;
  std::optional<base::PackageVersion> version;
};

/// By identifier; products that are no packages have nothing.
using CsafProducts = std::map<std::string, std::optional<CsafPackage>, std::less<>>;

/// From the branches and relationships of "product_tree". Throws base::Error
/// (advisory.damaged-feed).
CsafProducts read_csaf_products(const json::Value& tree, const std::string& file);

} // namespace imagewright::advisory
