// SPDX-License-Identifier: MIT
#pragma once

// Which of two versions of a package is newer, as RPM orders them.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// Epoch, version and release. An empty release matches every release.
struct PackageVersion {
  std::uint32_t epoch = 0;
  std::string version;
  std::string release;

  bool operator==(const PackageVersion&) const = default;

  /// "[epoch:]version[-release]"; nothing when the version is empty or the epoch is no number.
  static std::optional<PackageVersion> parse(std::string_view text);
  /// Without an epoch of 0.
  std::string to_string() const;
};

/// The order of rpmvercmp(3): runs of digits as numbers, runs of letters as text, "~" before
/// everything, "^" after the end and before everything else. All other characters only separate.
std::weak_ordering compare_version_text(std::string_view left, std::string_view right);

/// By epoch, version, and release when both have one.
std::weak_ordering compare_versions(const PackageVersion& left, const PackageVersion& right);

} // namespace imagewright::base
