// SPDX-License-Identifier: MIT
#pragma once

// librpm's global settings, the same on every host.

#include <string>

#include <imagewright/install/install.hpp>

namespace imagewright::install {

/// Where files for librpm stand inside the sandbox; gone with it.
inline constexpr const char* k_private_directory = "/run/imagewright";

/// Sets up librpm in this process. Call once, inside the sandbox. No file of the host, of the image
/// or of the user takes part.
void configure_rpm(const InstallRequest& request);

} // namespace imagewright::install
