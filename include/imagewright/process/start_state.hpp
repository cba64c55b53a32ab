// SPDX-License-Identifier: MIT
#pragma once

// The process as whoever started it left it, made the one that the program expects.

namespace imagewright::process {

/// To be called at the start of main, before there are threads. Signals: none is blocked; those
/// that a caller may have left ignored and that waiting for children and writing depend on have a
/// known action (SIGCHLD the default one; SIGPIPE and SIGXFSZ are ignored, so that a write fails
/// with an error that names its cause). `stop` handles SIGINT, SIGTERM, and SIGHUP unless it was
/// ignored, as nohup(1) does. Standard streams that were closed are /dev/null. As many descriptors
/// may be open as the host allows.
void settle_start_state(void (*stop)(int signal_number)) noexcept;

} // namespace imagewright::process
