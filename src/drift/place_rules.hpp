// SPDX-License-Identifier: MIT
#pragma once

// Asking the rules about paths.

#include <optional>
#include <string>
#include <string_view>

#include <imagewright/audit/drift_rules.hpp>
#include <imagewright/audit/manifest_file_line.hpp>

namespace imagewright::drift {

enum class UpdateSeen : std::uint8_t { no, yes };

class PlaceRules {
public:
  explicit PlaceRules(audit::DriftRules rules) : rules_(std::move(rules)) {}

  /// Why the path may change; nothing when no rule says so.
  std::optional<std::string> find_reason(std::string_view path, UpdateSeen update) const;
  bool is_guarded(std::string_view path) const;
  /// Whether a guarded place may be below the directory.
  bool leads_to_guarded(std::string_view directory) const;

private:
  audit::DriftRules rules_;
};

/// No rule means that a file becomes another kind of file, or one that gives its owner's rights.
bool is_harmless_kind_of_change(const audit::Aspects& before, const audit::Aspects& now);

} // namespace imagewright::drift
