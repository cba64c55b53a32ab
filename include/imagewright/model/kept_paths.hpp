// SPDX-License-Identifier: MIT
#pragma once

// Directories of a root whose content is of the moment, and in no image, or not a config's to give.

#include <span>
#include <string>
#include <string_view>

namespace imagewright::model {

struct ScriptsConfig;

/// Those that are there, and empty.
std::span<const std::string_view> scratch_directories();

/// The directory without content that the path is in: "/run" for "/var/run/x". Empty: none.
std::string_view emptied_directory_of(std::string_view path);

/// Whether the config's scripts can use what stands in such a directory before it is emptied.
bool is_of_use_to_scripts(std::string_view directory, const ScriptsConfig& scripts);

/// Where rpm keeps its database, by default and in distributions that moved it.
std::span<const std::string_view> package_databases();

} // namespace imagewright::model
