// SPDX-License-Identifier: MIT
#pragma once

// The row of FAT.

#include "disk/filesystem.hpp"

namespace imagewright::disk {

extern const FilesystemWriter k_fat_writer;
extern const FilesystemReading k_fat_reading;

} // namespace imagewright::disk
