// SPDX-License-Identifier: MIT
#pragma once

// What systemctl is-enabled would say of a unit, from the files of a system that need not run.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace imagewright::inspect {

/// The files of a system, whoever has opened them.
struct SystemFiles {
  /// Of a file; links in the directories above it and the file itself are followed. Nothing: there
  /// is none.
  std::function<std::optional<std::string>(const std::string& path)> read;
  /// Where a link points; nothing when it is none.
  std::function<std::optional<std::string>(const std::string& path)> link_target;
  /// Names in a directory; empty when it is not there.
  std::function<std::vector<std::string>(const std::string& directory)> list;
};

/// "enabled", "disabled", "masked", "linked", "alias", "static", "indirect", "not-found", as
/// systemctl(1) has them. What generators make when a system starts is not seen.
std::string unit_state(const std::string& unit, const SystemFiles& files);

} // namespace imagewright::inspect
