// SPDX-License-Identifier: MIT
#pragma once

// The unit files of a root, as systemd finds them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

#include "install_section.hpp"

namespace imagewright::finalize::units {

/// Where enabling writes its links.
inline constexpr std::string_view k_configuration_directory = "/etc/systemd/system";

/// A unit that a name leads to.
struct FoundUnit {
  /// Its own name: what an alias leads to; with the instance when one was asked for.
  UnitName name;
  std::string path; ///< of its file, as the image sees it
  InstallSection install;
};

/// Whether a directory such as "multi-user.target.wants" holds links to what a unit starts.
bool is_dependency_folder(const std::string& name);

enum class UnitAbsence : std::uint8_t { missing, masked };

class UnitCatalogue {
public:
  explicit UnitCatalogue(const fs::RootDir& root) : root_(root) {}

  /// The unit of that name, through aliases and templates.
  std::optional<FoundUnit> find(const std::string& name) const;
  /// Why find() gave nothing.
  UnitAbsence absence_of(const std::string& name) const;
  /// The unit that starts this one by a link that is not among those of enabling: a package's own.
  std::optional<std::string> find_packaged_owner(const std::string& name) const;
  /// Names of all unit files and links to them, sorted; instances that are only links included.
  std::vector<std::string> names() const;

private:
  std::optional<std::string> find_path(const std::string& name) const;
  bool is_mask(const std::string& path) const;
  InstallSection install_of(const std::string& path, const UnitName& name) const;

  const fs::RootDir& root_;
};

} // namespace imagewright::finalize::units
