// SPDX-License-Identifier: MIT
#pragma once

// Makes of a root that was entered by chroot the root of a mount namespace.

namespace imagewright::sandbox {

/// To be called in a mount namespace of one's own. Where this process was put into a directory by
/// chroot, that directory with the mounts below it becomes the root of the namespace, and nothing
/// of what was around it stays: the way out of a chroot leads nowhere. The working directory stays.
/// Elsewhere nothing happens. Throws base::Error (sandbox.cannot-enter).
void leave_chroot();

} // namespace imagewright::sandbox
