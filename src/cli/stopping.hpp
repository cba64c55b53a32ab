// SPDX-License-Identifier: MIT
#pragma once

// Signals that end a program: both of ours stop in the same way.

#include <imagewright/base/cancellation.hpp>

namespace imagewright::cli {

/// Settles the state that the process was started in; from now on a signal requests the
/// cancellation that is given, and a second one ends the program. To be called once, at the start
/// of main.
const base::Cancellation& stop_on_signals();

/// As a shell tells it: 128 and the number of the signal that interrupted.
int exit_code_for(int code);

} // namespace imagewright::cli
