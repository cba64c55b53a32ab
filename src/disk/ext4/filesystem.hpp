// SPDX-License-Identifier: MIT
#pragma once

// The row of ext4 (and of ext2 and ext3, for reading).

#include "disk/filesystem.hpp"

namespace imagewright::disk {

extern const FilesystemWriter k_ext4_writer;
extern const FilesystemReading k_ext4_reading;

} // namespace imagewright::disk
