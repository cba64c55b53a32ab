// SPDX-License-Identifier: MIT
#include <imagewright/model/filesystem_type.hpp>

namespace imagewright::model {

std::string mount_type_of(FilesystemType type) {
  return std::string(row_of(type).mount_type);
}

std::optional<FilesystemType> find_mount_type(std::string_view word) {
  for (const FilesystemRow& row : k_filesystem_types) {
    if (row.mount_type == word) return row.type;
  }
  return std::nullopt;
}

} // namespace imagewright::model
