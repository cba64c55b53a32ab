// SPDX-License-Identifier: MIT
#pragma once

// Enabling, disabling and masking units by links, as `systemctl --root` does, but without running
// it: the programs of a foreign architecture would need an emulator.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

#include "catalogue.hpp"

namespace imagewright::finalize::units {

enum class EnableResult : std::uint8_t {
  enabled,
  has_no_install_section, ///< the unit cannot be enabled; others start it
  masked,
  missing,
};

/// What came of enabling a unit.
struct Enablement {
  EnableResult result = EnableResult::enabled;
  /// What [Install] sections ask for and cannot have, each a sentence; every other link is there.
  std::vector<std::string> problems;
};

class UnitLinks {
public:
  explicit UnitLinks(const fs::RootDir& root) : root_(root), catalogue_(root) {}

  const UnitCatalogue& catalogue() const { return catalogue_; }

  /// The unit that enabling a name is about: what an alias leads to, and a template's default
  /// instance. Absent when there is none, or a mask.
  std::optional<std::string> find_name_to_link(const std::string& name) const;

  /// Makes the links that the unit's [Install] section asks for, and those of its Also= units.
  Enablement enable(const std::string& name);
  /// Removes every link that enabling may have made, also of its Also= units unless they are among
  /// those that are kept. False when there is no such unit.
  bool disable(const std::string& name, const std::set<std::string>& kept = {});
  /// The name, and what it is an alias of: that would start under its own name. Throws base::Error
  /// (finalize.cannot-mask) when /etc has a unit file of either.
  void mask(const std::string& name);

private:
  using Problems = std::vector<std::string>;

  void mask_name(const std::string& name);
  void link_unit(const FoundUnit& unit, Problems& problems);
  void link_dependency(const FoundUnit& unit, const std::string& target,
                       std::string_view folder_suffix, Problems& problems);
  void link_alias(const FoundUnit& unit, const std::string& alias, Problems& problems);
  /// "Alias=multi-user.target.wants/name.service"
  void link_folder_alias(const FoundUnit& unit, const std::string& alias, Problems& problems);

  const fs::RootDir& root_;
  UnitCatalogue catalogue_;
};

} // namespace imagewright::finalize::units
