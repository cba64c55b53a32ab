// SPDX-License-Identifier: MIT
#pragma once

// What of /proc and /sys is about the machine and not about the root.

namespace imagewright::sandbox {

/// Puts something empty over it. /proc, /sys and /dev must be mounted. Throws base::Error.
void hide_host();

/// Limits the processes and threads of this process namespace, as far as the kernel and /proc/sys
/// allow it.
void limit_process_numbers();

} // namespace imagewright::sandbox
