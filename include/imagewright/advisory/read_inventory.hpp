// SPDX-License-Identifier: MIT
#pragma once

// Packages from whatever lists them.

#include <filesystem>
#include <string>

#include <imagewright/advisory/inventory.hpp>
#include <imagewright/base/cancellation.hpp>

namespace imagewright::advisory {

/// Of an image, a manifest, a lock or a list of packages; which it is, is found out. `architecture`
/// chooses among those of a lock; empty: its only one. Throws base::Error (advisory.no-packages,
/// advisory.no-architecture, audit.damaged-list, and whatever the readers of those files throw).
Inventory read_inventory(const std::filesystem::path& path, const std::string& architecture,
                         const base::Cancellation& cancellation);

} // namespace imagewright::advisory
