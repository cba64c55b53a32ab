// SPDX-License-Identifier: MIT
#pragma once

// What kind of thing a name stands for, and how the kernel, ext4 and tar write that down.

#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

namespace imagewright::fs {

enum class FileType : std::uint8_t {
  regular,
  directory,
  symlink,
  character_device,
  block_device,
  fifo,
  socket
};

/// "a directory", "a character device": for messages.
std::string_view to_string(FileType type);

/// The bits S_IFMT of a mode (inode(7)).
mode_t type_bits(FileType type);

/// What the bits S_IFMT of a mode say; nothing when no type has them.
std::optional<FileType> find_file_type(mode_t mode);

} // namespace imagewright::fs
