// SPDX-License-Identifier: MIT
#pragma once

// Packages of RPM as package URLs: "pkg:rpm/azurelinux/curl@8.9.1-2.azl3?epoch=1".

#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/package_version.hpp>

namespace imagewright::advisory {

struct PackageUrl {
  std::string name;
  std::optional<base::PackageVersion> version; ///< absent: the URL has none

  bool operator==(const PackageUrl&) const = default;
};

/// Nothing when it is none of RPM, or its version is none.
std::optional<PackageUrl> parse_package_url(std::string_view url);

std::string to_text(const PackageUrl& url);

} // namespace imagewright::advisory
