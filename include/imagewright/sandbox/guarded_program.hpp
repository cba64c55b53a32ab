// SPDX-License-Identifier: MIT
#pragma once

// A program of the host that a library starts by its name, with data of strangers: it gets neither
// the caller's environment nor its files.

#include <filesystem>
#include <string_view>

namespace imagewright::sandbox {

/// Makes a name in `directory` that stands for the host's program. What is started by it has an
/// environment of its own with this directory as its home, no new privileges, limits of time,
/// memory and output, and the filter of system calls of scripts. Where the host can see to it, it
/// has no network (namespaces) and no files but libraries, programs and what is in the directory
/// (Landlock). Only in programs whose main calls run_worker_if_asked.
/// Throws base::Error (fs.cannot-write).
std::filesystem::path guard_program(const std::filesystem::path& directory,
                                    std::string_view program);

} // namespace imagewright::sandbox
