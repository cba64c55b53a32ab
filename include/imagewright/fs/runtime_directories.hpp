// SPDX-License-Identifier: MIT
#pragma once

// Directories of a root whose content belongs to the running system (Filesystem Hierarchy Standard
// 3.0, sections 3.15, 3.18, 6.1). Sandboxes mount fresh filesystems over them; an image has them
// empty.

#include <array>

namespace imagewright::fs {

inline constexpr std::array<const char*, 5> k_runtime_directories = {"/dev", "/proc", "/run",
                                                                     "/sys", "/tmp"};

} // namespace imagewright::fs
