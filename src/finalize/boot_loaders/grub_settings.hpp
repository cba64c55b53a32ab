// SPDX-License-Identifier: MIT
#pragma once

// What packages add to GRUB's settings, which grub2-mkconfig reads on the node and the first menu
// has to have as well.

#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

/// The kernel arguments that the files in /etc/default/grub.d add, in the order of the files, where
/// /etc/default/grub reads them at all. Throws base::Error (finalize.grub-setting) for a file that
/// only a shell could read.
std::vector<std::string> packaged_kernel_arguments(const fs::RootDir& files);

} // namespace imagewright::finalize::boot_loaders
