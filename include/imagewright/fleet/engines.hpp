// SPDX-License-Identifier: MIT
#pragma once

// Engines that run units, one row each: what they are given, and how much of it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/fleet/unit.hpp>

namespace imagewright::fleet {

struct EngineRequest {
  std::string engine; ///< a word of engine_words()
  /// A container image with imagewright.
  std::string image = "imagewright:latest";
  std::string units_file = "units.json"; ///< as jobs find it
  /// In place of the engine's own limit, for sites that have another.
  std::optional<std::uint64_t> limit;
};

/// "json", "github", "gitlab", …
std::vector<std::string> engine_words();

/// The units as the engine takes them. Throws base::Error (fleet.too-many-units).
std::string render_for(const UnitList& list, const EngineRequest& request);

} // namespace imagewright::fleet
