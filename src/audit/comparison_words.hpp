// SPDX-License-Identifier: MIT
#pragma once

// How values of differences are shown to people.

#include <string>

namespace imagewright::audit {

/// Digests are cut to the digits that tell them apart; controls are written out.
std::string shown(const std::string& value);

/// "/usr/lib" of "/usr/lib/modules/x"; what lies in the root directory is the root's.
std::string directory_of(const std::string& path);

} // namespace imagewright::audit
