// SPDX-License-Identifier: MIT
#pragma once

// Where the programs of the host are.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::process {

/// Where programs are looked for, whatever the caller's PATH is.
inline constexpr std::string_view k_program_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The executable file of that name in k_program_path (or at that path, when the name has a "/");
/// nothing when there is none.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Like find_program, but absence throws base::Error (process.missing-tool, of FailureKind::host).
std::filesystem::path program(const std::string& name);

} // namespace imagewright::process
