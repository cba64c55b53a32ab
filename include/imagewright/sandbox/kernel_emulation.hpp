// SPDX-License-Identifier: MIT
#pragma once

// The emulator in a kernel that nobody else uses.

#include <imagewright/sandbox/emulation.hpp>

namespace imagewright::sandbox {

/// Registers the emulator for every program of this kernel. That needs no Linux 6.7, and is only
/// for a machine of our own. Gives the emulator as sandboxes there are to be told of it. Throws
/// base::Error.
Emulator register_for_kernel(Emulator emulator);

} // namespace imagewright::sandbox
