// SPDX-License-Identifier: MIT
#pragma once

// What the inside of an installation is told, as bytes.

#include <string>
#include <string_view>

#include <imagewright/install/install.hpp>

namespace imagewright::install {

/// Leaves out what the inside has no use for and no business with: paths of the host, and where
/// packages came from.
std::string encode_request(const InstallRequest& request);

/// The root is "/" then.
InstallRequest decode_request(std::string_view bytes);

} // namespace imagewright::install
