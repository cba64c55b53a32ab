// SPDX-License-Identifier: MIT
#pragma once

// Whoever opens a pipe waits for its other end. librpm and the C library open what they find in the
// image's root, where a script may have put a pipe in the place of a file or a directory.

#include <string>

#include "rpm_handles.hpp"

namespace imagewright::install {

/// Throws base::Error (install.unpack-failed) when one stands where librpm, and the libraries that
/// it is made with, look for their settings and for accounts before the first package is unpacked.
void require_no_pipes();

/// The path of such a pipe, which programs of scripts would open as well; empty: none.
std::string find_opened_pipe();

/// The path of a pipe that would be opened when the package's files are unpacked; empty: none.
std::string find_pipe_in_the_way(Header package);

} // namespace imagewright::install
