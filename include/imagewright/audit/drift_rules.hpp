// SPDX-License-Identifier: MIT
#pragma once

// Which places of a running node legitimately change, and in which nothing may be added.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/json/value.hpp>

namespace imagewright::audit {

enum class ChangeCondition : std::uint8_t {
  always,
  after_update, ///< only when packages were updated: what is made from their files
};

/// Files at or below a pattern of paths (base::is_at_or_below_pattern).
struct ChangingPlace {
  std::string pattern;
  std::string reason; ///< for people: "made at the first boot"
  ChangeCondition condition = ChangeCondition::always;

  bool operator==(const ChangingPlace&) const = default;
};

struct DriftRules {
  std::vector<ChangingPlace> changing;
  /// Patterns: at or below them, a file that the image does not have is drift.
  std::vector<std::string> guarded;

  bool operator==(const DriftRules&) const = default;
};

/// What holds for any node of a distribution with systemd.
DriftRules usual_drift_rules();

/// {"changing": [{"path", "reason", "when"}], "guarded": [paths]}
json::Value to_json(const DriftRules& rules);
/// Reads what to_json() gives; either list may be missing. Throws base::Error (json.…,
/// audit.damaged-rules); `where` is for messages.
DriftRules drift_rules_from(const json::Value& value, std::string_view where);

} // namespace imagewright::audit
