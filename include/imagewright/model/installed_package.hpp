// SPDX-License-Identifier: MIT
#pragma once

// A package as the database of a system knows it: enough to say what stays when others come or go.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

/// A capability, perhaps of some versions only.
struct PackageRelation {
  std::string name; ///< or a rich dependency, in parentheses
  bool is_less = false;
  bool is_greater = false;
  bool is_equal = false;
  std::string version; ///< empty: any

  bool operator==(const PackageRelation&) const = default;
};

struct InstalledPackage {
  Nevra nevra;
  std::string vendor;
  base::ByteSize installed_size;
  base::Epoch build_time{};
  std::vector<PackageRelation> provides;
  std::vector<PackageRelation> requirements;
  std::vector<PackageRelation> conflicts;
  std::vector<PackageRelation> obsoletes;
  std::vector<PackageRelation> recommends;
  std::vector<PackageRelation> supplements;
  std::vector<std::string> files; ///< paths

  bool operator==(const InstalledPackage&) const = default;
};

} // namespace imagewright::model
