// SPDX-License-Identifier: MIT
#pragma once

// What the [Install] sections of a unit say.

#include <string>
#include <string_view>
#include <vector>

#include "name.hpp"

namespace imagewright::finalize::units {

struct InstallSection {
  std::vector<std::string> aliases;
  std::vector<std::string> wanted_by;
  std::vector<std::string> required_by;
  std::vector<std::string> upheld_by;
  std::vector<std::string> also;
  std::string default_instance;

  bool operator==(const InstallSection&) const = default;
  bool is_empty() const { return *this == InstallSection{}; }
};

/// Adds what one file (the unit or a drop-in) says; an empty assignment clears what came before.
/// Specifiers are not replaced yet.
InstallSection with_install_text(InstallSection section, std::string_view unit_text);

/// Replaces the specifiers that make sense without a running system: %n %N %p %i %j %%. Throws
/// base::Error (finalize.unit-specifier) for others.
std::string with_specifiers(std::string_view text, const UnitName& unit);

} // namespace imagewright::finalize::units
