// SPDX-License-Identifier: MIT
#pragma once

// What root inside may do: to the image everything, to the machine nothing.

namespace imagewright::sandbox {

/// Gives up, for this process and all that it will start, every capability that is not about files,
/// owners and own processes. Throws base::Error.
void drop_capabilities();

} // namespace imagewright::sandbox
