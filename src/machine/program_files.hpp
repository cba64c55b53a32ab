// SPDX-License-Identifier: MIT
#pragma once

// What this program needs to be started elsewhere.

#include <filesystem>
#include <vector>

namespace imagewright::machine {

/// The program itself.
std::filesystem::path own_program();

/// The program, its dynamic loader and every library that it is linked with, by the paths under
/// which they were loaded.
std::vector<std::filesystem::path> program_files();

} // namespace imagewright::machine
