// SPDX-License-Identifier: MIT
#pragma once

// What an ext4 filesystem is beside its content.

#include <string>

#include <imagewright/fs/byte_source.hpp>

#include "disk/ext4/format.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// As bytes, for parameters_of. Throws what open_ext4 throws.
std::string ext4_identity(const fs::ByteSource& original);

/// Parameters with which the filesystem can be made anew. Throws base::Error
/// (disk.rewrite-unsupported) with the name of what cannot be written here, and
/// disk.corrupt-filesystem for what cannot be right.
Ext4Parameters parameters_of(const RewrittenFilesystem& request);

} // namespace imagewright::disk
