// SPDX-License-Identifier: MIT
#pragma once

// Reads what Linux unpacks as its first files: cpio archives one after another, the last of them
// often compressed.

#include <functional>
#include <string>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::archive {

/// One name in an initramfs.
struct InitramfsMember {
  std::string path; ///< "usr/bin/sh": neither "/" nor "./" in front
  mode_t mode = 0;  ///< with the bits of its type (inode(7))
  /// Of regular files and, the target, of symbolic links. Empty when it is larger than
  /// k_largest_kept, or the content of another hard link.
  std::string content;
};

inline constexpr base::ByteSize k_largest_kept = base::ByteSize::mib(64);

/// Goes through all archives of the file, from where it stands, in the order in which the kernel
/// unpacks them. Throws base::Error: archive.damaged for what the kernel would not unpack to the
/// end, archive.too-large beyond `limit`, archive.unsupported for a compression that the kernel
/// knows and this program does not (lz4, lzo, lzma).
void read_initramfs(int fd, const std::string& name, base::ByteSize limit,
                    const std::function<void(const InitramfsMember&)>& visit);

} // namespace imagewright::archive
