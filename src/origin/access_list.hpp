// SPDX-License-Identifier: MIT
#pragma once

// POSIX access control lists as the kernel gives them.

#include <string>

#include <sys/types.h>

namespace imagewright::origin {

/// The list after chmod(2): the entries of owner, mask and others say what the mode says. A text
/// that is no list stays as it is.
std::string access_list_with_mode(std::string list, mode_t mode);

} // namespace imagewright::origin
