// SPDX-License-Identifier: MIT
#pragma once

// What somebody says of vulnerabilities that do not matter in an image: OpenVEX.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/package_version.hpp>

namespace imagewright::advisory {

/// What a statement is about.
struct SuppressedPackage {
  std::string name;
  std::optional<base::PackageVersion> version; ///< absent: any

  bool operator==(const SuppressedPackage&) const = default;
};

/// One statement of an OpenVEX document (specification 0.2.0).
struct Suppression {
  std::string vulnerability;
  std::vector<SuppressedPackage> packages; ///< empty: all
  /// Why it does not matter; empty: it does, whatever earlier statements say.
  std::string reason;

  bool operator==(const Suppression&) const = default;
};

/// In the order in which they were made: of those about the same, the last one counts.
/// Throws base::Error (advisory.damaged-vex): no OpenVEX document, a status that is not
/// known, or a "not affected" without a justification or impact statement.
std::vector<Suppression> read_openvex(std::string_view text, const std::string& file);

} // namespace imagewright::advisory
