// SPDX-License-Identifier: MIT
#pragma once

// The first files of a machine: this program, what it is linked with, and modules.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/machine/guest_kernel.hpp>

namespace imagewright::machine {

/// Where the modules stand there, in their order: "0.ko", "1.ko", …
inline constexpr const char* k_guest_modules = "/imagewright-modules";

/// A cpio archive in the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst
/// of Linux) with /init as a link to the program.
std::string make_initramfs(const std::filesystem::path& program,
                           const std::vector<std::filesystem::path>& program_files,
                           const std::vector<std::string>& modules);

} // namespace imagewright::machine
