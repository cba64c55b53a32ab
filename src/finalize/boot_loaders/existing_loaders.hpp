// SPDX-License-Identifier: MIT
#pragma once

// The boot loaders of an image that exists: where their kernels' command lines stand.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/finalize/plan.hpp>
#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

/// Whether unified kernel images may be made anew with another command line.
enum class UnifiedKernels : std::uint8_t { kept, modified };

/// Gives every command line in the root the change. Throws base::Error (finalize.unified-kernel,
/// finalize.no-command-line, finalize.unfit-stub) when one of them cannot be changed, or there is
/// none.
void change_command_lines(const fs::RootDir& files, const CommandLineChange& change,
                          UnifiedKernels unified);

/// Throws base::Error (finalize.unified-kernel) when the root has kernels that are EFI programs
/// with everything in them.
void refuse_unified(const fs::RootDir& files);

/// Every file that may hold a part of a kernel's command line, whether it is there or not.
std::vector<std::string> command_line_files(const fs::RootDir& files);

} // namespace imagewright::finalize::boot_loaders
