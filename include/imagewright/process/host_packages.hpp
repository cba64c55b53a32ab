// SPDX-License-Identifier: MIT
#pragma once

// In which packages the programs and files come that a host may lack: the one place where names of
// packages of hosts stand.

#include <string>

namespace imagewright::process {

/// What brings something of the host: the name of its package, or of each kind of package where
/// these differ. `what` is a program, or "UEFI firmware for ARCHITECTURE" or "kernel for
/// ARCHITECTURE". For what is none of ours to know it says only that there is a package.
std::string how_to_install(const std::string& what);

} // namespace imagewright::process
