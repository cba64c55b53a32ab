// SPDX-License-Identifier: MIT
#pragma once

// The kernel's tables of which programs others run: binfmt_misc(5).

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/emulation.hpp>

namespace imagewright::sandbox {

/// Enters the emulator into the table of that mount. Throws base::Error (sandbox.cannot-enter).
void register_emulator(const fs::UniqueFd& formats, const Emulator& emulator);

} // namespace imagewright::sandbox
