// SPDX-License-Identifier: MIT
#include "leftover.hpp"

#include <fcntl.h>

namespace imagewright::finalize {

void remove_written_file(const fs::RootDir& files, std::string_view path) {
  const auto status = files.find_status(path);
  if (!status) return;
  if (status->type != fs::FileType::symlink) return files.remove(path);
  const auto target = files.find_target_status(path);
  if (target && target->type == fs::FileType::regular)
    files.remove(files.real_path(files.open(path, O_PATH)));
}

} // namespace imagewright::finalize
