// SPDX-License-Identifier: MIT
#pragma once

// The packages of the system in an image, with everything that decides what can be changed.

#include <vector>

#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/model/installed_package.hpp>

namespace imagewright::inspect {

/// Sorted by name, without public keys. Throws base::Error: inspect.no-packages when the image has
/// no database that can be read, saying why; inspect.corrupt-database, disk.corrupt-filesystem.
std::vector<model::InstalledPackage> read_installed_packages(const OpenedImage& image);

} // namespace imagewright::inspect
