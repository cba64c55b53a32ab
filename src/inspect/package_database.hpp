// SPDX-License-Identifier: MIT
#pragma once

// The packages that an RPM database file lists.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/model/installed_package.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::inspect {

/// Sorted, without public keys; nothing when the bytes are not a database of this kind. Throws
/// base::Error (inspect.corrupt-database).
std::optional<std::vector<model::Nevra>> read_package_database(std::string_view file);

/// The same with all that packages say of each other.
std::optional<std::vector<model::InstalledPackage>> read_installed_database(std::string_view file);
/// The source packages of those that know theirs, by the package's text; empty where
/// read_package_database() gives nothing. Throws what it throws.
std::map<std::string, std::string> read_source_packages(std::string_view file);

} // namespace imagewright::inspect
