// SPDX-License-Identifier: MIT
#pragma once

// Which program this is: what another one has left may be of other rules.

#include <string>

namespace imagewright::sandbox {

/// The builds of the program and of each library in it, as one digest. Throws base::Error
/// (fs.cannot-read).
std::string program_build();

} // namespace imagewright::sandbox
