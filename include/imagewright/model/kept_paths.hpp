// SPDX-License-Identifier: MIT
#pragma once

// Directories of a root whose content is of the moment, and in no image.

#include <span>
#include <string>
#include <string_view>

namespace imagewright::model {

/// Those that are there, and empty.
std::span<const std::string_view> scratch_directories();

/// The directory without content that the path is in: "/run" for "/var/run/x". Empty: none.
std::string_view emptied_directory_of(std::string_view path);

} // namespace imagewright::model
