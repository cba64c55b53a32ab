// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace imagewright::process {

/// Gives the calling process the default action of every signal and an empty signal mask, as a
/// program expects that a shell has started. This includes the real-time signals 32 and 33, which
/// the C library keeps for itself: its posix_spawn lets children inherit them ignored, and its
/// sigaction refuses them. Async-signal-safe: it may run between fork and exec.
void restore_default_signals() noexcept;

/// fork(2), and in the child restore_default_signals(). A signal that comes in between waits for
/// that: a handler of the caller's would swallow it in the child, which would never end.
pid_t fork_with_default_signals() noexcept;

} // namespace imagewright::process
