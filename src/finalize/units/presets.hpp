// SPDX-License-Identifier: MIT
#pragma once

// Which units a distribution wants enabled (systemd.preset(5)).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

#include "links.hpp"

namespace imagewright::finalize::units {

enum class PresetAction : std::uint8_t { enable, disable, ignore };

struct PresetRule {
  PresetAction action = PresetAction::enable;
  std::string pattern;
  std::vector<std::string> instances; ///< of a template: what is enabled instead of it

  bool operator==(const PresetRule&) const = default;
};

std::vector<PresetRule> parse_presets(std::string_view text);

/// All rules of a root in the order in which they count.
std::vector<PresetRule> read_presets(const fs::RootDir& root);

/// The first rule that fits; enabling, when none does.
PresetRule rule_for(const std::vector<PresetRule>& rules, const std::string& unit);

/// What `systemctl preset-all` would do.
void apply_presets(const fs::RootDir& root, UnitLinks& links);

} // namespace imagewright::finalize::units
