// SPDX-License-Identifier: MIT
#pragma once

// What somebody says of vulnerabilities that do not matter in an image: OpenVEX.

#include <string>
#include <string_view>
#include <vector>

namespace imagewright::advisory {

/// One "not affected" or "fixed" of an OpenVEX document (specification 0.2.0).
struct Suppression {
  std::string vulnerability;
  std::vector<std::string> packages; ///< names; empty: all
  std::string reason;

  bool operator==(const Suppression&) const = default;
};

/// Throws base::Error (advisory.damaged-vex): no OpenVEX document, or a "not affected" without a
/// justification or impact statement.
std::vector<Suppression> read_openvex(std::string_view text, const std::string& file);

} // namespace imagewright::advisory
