// SPDX-License-Identifier: MIT
#pragma once

// What was given in the place of a config, told as what it is.

#include <string>

namespace imagewright::cli {

/// Throws base::Error (cli.not-a-config) for a release profile, an image and a JSON document of
/// this program; a file that is not there or cannot be read is left to whoever reads it.
void refuse_what_is_no_config(const std::string& path);

} // namespace imagewright::cli
