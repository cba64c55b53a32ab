// SPDX-License-Identifier: MIT
#pragma once

// Files whose first line is a secret.

#include <string>

namespace imagewright::cli {

/// The first line, without its end, which may be that of another system. Throws base::Error
/// (fs.cannot-read, cli.missing-input).
std::string first_line_of(const std::string& path, const std::string& what);

} // namespace imagewright::cli
