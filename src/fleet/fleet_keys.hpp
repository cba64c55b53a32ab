// SPDX-License-Identifier: MIT
#pragma once

// The keys of a fleet file, from which its reader's hints and its schema come.

#include <array>
#include <string_view>

namespace imagewright::fleet {

struct FleetKey {
  std::string_view name;
  std::string_view description;
};

inline constexpr std::array k_fleet_keys{
    FleetKey{"variants", "Name of each variant, and its config, relative to this file"},
    FleetKey{"architectures", "What every variant is composed for, in place of the configs' own"},
    FleetKey{"platforms",
             "Name of each platform, and the image formats that it takes, in place of the configs' "
             "own; without platforms, a variant is one unit for each architecture"},
    FleetKey{"exclude", "Combinations that there are not, as patterns of a shell"},
};

inline constexpr std::array k_exclusion_keys{
    FleetKey{"variant", "Pattern of names of variants"},
    FleetKey{"architecture", "Pattern of architectures"},
    FleetKey{"platform", "Pattern of names of platforms"},
    FleetKey{"reason", "Why, for people"},
};

/// Of variants and platforms.
inline constexpr std::string_view k_name_pattern = "^[a-z0-9][a-z0-9._-]{0,62}$";
inline constexpr std::string_view k_name_rule =
    "a name has lower-case letters, digits, dots, hyphens and underscores, at most 63";

} // namespace imagewright::fleet
