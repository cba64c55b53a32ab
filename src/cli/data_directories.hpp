// SPDX-License-Identifier: MIT
#pragma once

// Where the program's own data is: release profiles, above all.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/cli/run.hpp>

namespace imagewright::cli {

/// Where release profiles are looked for by name: share/imagewright/releases beside the directory
/// of the program, then `releases` in the directory that IMAGEWRIGHT_DATA names.
std::vector<std::filesystem::path> installed_release_directories(const Invocation& invocation);

} // namespace imagewright::cli
