// SPDX-License-Identifier: MIT
#include <array>
#include <utility>

#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file_type.hpp>

namespace imagewright::fs {

std::string_view to_string(FileType type) {
  switch (type) {
  case FileType::regular:
    return "a file";
  case FileType::directory:
    return "a directory";
  case FileType::symlink:
    return "a link";
  case FileType::character_device:
    return "a character device";
  case FileType::block_device:
    return "a block device";
  case FileType::fifo:
    return "a FIFO";
  case FileType::socket:
    return "a socket";
  }
  return "something unknown";
}

namespace {

constexpr std::array<std::pair<FileType, mode_t>, 7> k_bits{{
    {FileType::regular, S_IFREG},
    {FileType::directory, S_IFDIR},
    {FileType::symlink, S_IFLNK},
    {FileType::character_device, S_IFCHR},
    {FileType::block_device, S_IFBLK},
    {FileType::fifo, S_IFIFO},
    {FileType::socket, S_IFSOCK},
}};

} // namespace

mode_t type_bits(FileType type) {
  for (const auto& [candidate, bits] : k_bits) {
    if (candidate == type) return bits;
  }
  throw base::BugError("unknown file type");
}

std::optional<FileType> find_file_type(mode_t mode) {
  for (const auto& [type, bits] : k_bits) {
    if ((mode & static_cast<mode_t>(S_IFMT)) == bits) return type;
  }
  return std::nullopt;
}

} // namespace imagewright::fs
