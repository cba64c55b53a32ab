// SPDX-License-Identifier: MIT
#pragma once

// Which system calls there are for programs in an image root: one policy on every rung.

#include <span>

#include <sys/types.h>

namespace imagewright::sandbox {

/// For this process and all that it will start. Nobody of them may set limits or priorities of
/// `guards`, which watch over them: without descriptors or time these would see nothing. Throws
/// base::Error (sandbox.cannot-enter).
void filter_calls_of_scripts(std::span<const pid_t> guards = {});

} // namespace imagewright::sandbox
