// SPDX-License-Identifier: MIT
#pragma once

// Packages from whatever lists them.

#include <filesystem>
#include <string>

#include <imagewright/advisory/inventory.hpp>
#include <imagewright/base/cancellation.hpp>

namespace imagewright::advisory {

/// Which of the packages in a file.
struct InventoryChoice {
  std::string architecture; ///< of a lock; empty: its only one
  /// The packages in an image of containers, by its name, of a manifest; empty: the node's own.
  std::string container_image;
};

/// Of an image, a manifest, a lock or a list of packages; which it is, is found out. Throws
/// base::Error (advisory.no-packages, advisory.no-architecture, advisory.no-container-image,
/// audit.damaged-list, and whatever the readers of those files throw).
Inventory read_inventory(const std::filesystem::path& path, const InventoryChoice& choice,
                         const base::Cancellation& cancellation);

} // namespace imagewright::advisory
