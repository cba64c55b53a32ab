// SPDX-License-Identifier: MIT
#pragma once

// Kernel arguments in the file from which the node makes its menus, which the config may have
// written: the image's own menus have the same.

#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>

#include "../boot_paths.hpp"

namespace imagewright::finalize::boot_loaders {

/// The command line for menus of the image, given the words of that file: theirs, the root
/// filesystem, and what keys of the config ask for.
std::string command_line_with(const BootInput& input, const std::vector<std::string>& words);

/// Warns of arguments of the policy that the words of the file do not have, once for those of one
/// place.
std::vector<base::Diagnostic> lacking_arguments(const BootInput& input, const std::string& path,
                                                const std::vector<std::string>& words);

} // namespace imagewright::finalize::boot_loaders
