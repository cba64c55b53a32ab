// SPDX-License-Identifier: MIT
#pragma once

// Which system calls there are for programs in an image root: one policy on every rung.

namespace imagewright::sandbox {

/// For this process and all that it will start. Throws base::Error (sandbox.cannot-enter).
void filter_calls_of_scripts();

} // namespace imagewright::sandbox
