// SPDX-License-Identifier: MIT
#pragma once

// What root inside may do: to the image everything, to the machine nothing.

namespace imagewright::sandbox {

/// From now on nobody without rights over the machine reads the memory of this process or traces
/// it. The kernel forgets it when ids or capabilities change. Throws base::Error.
void forbid_tracing();

/// Gives up, for this process and all that it will start, every capability that is not about files,
/// owners and own processes; forbids tracing again. Throws base::Error.
void drop_capabilities();

/// Gives up all of them, as far as this process has any; forbids tracing again.
void drop_all_capabilities();

} // namespace imagewright::sandbox
