// SPDX-License-Identifier: MIT
#pragma once

// What an ext4 filesystem is beside its content.

#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/byte_source.hpp>

#include "disk/ext4/format.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// Parameters with which the filesystem can be made anew. Throws base::Error
/// (disk.rewrite-unsupported) with the name of what cannot be written here, and what open_ext4
/// throws.
Ext4Parameters parameters_of(const fs::ByteSource& original, const FilesystemPlace& place,
                             base::Epoch epoch);

} // namespace imagewright::disk
