// SPDX-License-Identifier: MIT
#pragma once

// Enabling, disabling and masking units by links, as `systemctl --root` does, but without running
// it: the programs of a foreign architecture would need an emulator.

#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/fs/root_dir.hpp>

#include "catalogue.hpp"

namespace imagewright::finalize::units {

enum class EnableResult : std::uint8_t {
  enabled,
  has_no_install_section, ///< the unit cannot be enabled; others start it
  alias_taken,            ///< an Alias= of it leads to another unit; every other link is there
  masked,
  missing,
};

class UnitLinks {
public:
  explicit UnitLinks(const fs::RootDir& root) : root_(root), catalogue_(root) {}

  const UnitCatalogue& catalogue() const { return catalogue_; }

  /// Makes the links that the unit's [Install] section asks for, and those of its Also= units.
  EnableResult enable(const std::string& name);
  /// Removes every link that enabling may have made, also of its Also= units. False when there is
  /// no such unit.
  bool disable(const std::string& name);
  /// Throws base::Error (finalize.cannot-mask) when /etc has a unit file of that name.
  void mask(const std::string& name);

private:
  /// These two: false when an alias leads to another unit, which keeps it.
  bool link_unit(const FoundUnit& unit);
  void link_dependency(const FoundUnit& unit, const std::string& target,
                       std::string_view folder_suffix);
  bool link_alias(const FoundUnit& unit, const std::string& alias);

  const fs::RootDir& root_;
  UnitCatalogue catalogue_;
};

} // namespace imagewright::finalize::units
