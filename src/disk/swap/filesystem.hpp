// SPDX-License-Identifier: MIT
#pragma once

// The row of swap areas.

#include "disk/filesystem.hpp"

namespace imagewright::disk {

extern const FilesystemWriter k_swap_writer;

} // namespace imagewright::disk
