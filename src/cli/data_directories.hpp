// SPDX-License-Identifier: MIT
#pragma once

// Where the program's own data is: release profiles and roles.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/cli/run.hpp>

namespace imagewright::cli {

/// Where the files of a kind ("releases", "roles") are looked for by name: share/imagewright/KIND
/// beside the directory of the program, then KIND in the directory that IMAGEWRIGHT_DATA names.
std::vector<std::filesystem::path> installed_directories(const Invocation& invocation,
                                                         std::string_view kind);

} // namespace imagewright::cli
