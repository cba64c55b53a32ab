// SPDX-License-Identifier: MIT
#include "leftover.hpp"

#include <array>

#include <fcntl.h>

namespace imagewright::finalize {

namespace {

constexpr std::array<std::string_view, 9> k_leftovers{"/var/cache/ldconfig/aux-cache",
                                                      "/var/cache/dnf",
                                                      "/var/cache/libdnf5",
                                                      "/var/cache/tdnf",
                                                      "/var/cache/yum",
                                                      "/var/log/dracut.log",
                                                      "/var/log/dnf.log",
                                                      "/var/log/tdnf.log",
                                                      "/var/log/hawkey.log"};

} // namespace

std::span<const std::string_view> leftovers() {
  return k_leftovers;
}

void remove_written_file(const fs::RootDir& files, std::string_view path) {
  const auto status = files.find_status(path);
  if (!status) return;
  if (status->type != fs::FileType::symlink) return files.remove(path);
  const auto target = files.find_target_status(path);
  if (target && target->type == fs::FileType::regular)
    files.remove(files.real_path(files.open(path, O_PATH)));
}

} // namespace imagewright::finalize
