// SPDX-License-Identifier: MIT
#pragma once

// Why a package is in an image.

#include <string>
#include <vector>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/resolve/explain.hpp>

namespace imagewright::plan {

/// One link: who needs what.
struct PackageReason {
  std::string package;     ///< full name of a package
  std::string requirement; ///< what of the next one it needs; empty for the last
  bool operator==(const PackageReason&) const = default;
};

/// One chain from a line of the config to the package.
struct PackageChain {
  std::string architecture;
  model::PackageRequest request;
  std::vector<PackageReason>
      links; ///< the package that meets the request first, the explained one last
  bool operator==(const PackageChain&) const = default;
};

/// A chain of one image.
PackageChain chain_from(const resolve::Explanation& explanation, const std::string& architecture);

/// Throws base::Error (cli.package-not-in-image); the hint is a near one of `names`, else says
/// which command lists them.
[[noreturn]] void throw_absent(const std::string& package, const std::vector<std::string>& names,
                               const std::string& listing);

/// The shortest chains for each architecture, at least one. Throws base::Error
/// (cli.package-not-in-image, with a near name) when the package is in none of the images.
std::vector<PackageChain> explain_package(const PlanOptions& options, const ResolveOptions& resolve,
                                          const std::string& package, const Services& services);

std::string to_text(const std::vector<PackageChain>& chains);
json::Value to_json(const std::vector<PackageChain>& chains);

} // namespace imagewright::plan
