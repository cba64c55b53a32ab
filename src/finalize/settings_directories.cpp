// SPDX-License-Identifier: MIT
#include "settings_directories.hpp"

#include <array>

namespace imagewright::finalize {

std::map<std::string, std::string> settings_files(const fs::RootDir& files, std::string_view name) {
  constexpr std::array<std::string_view, 3> k_places{"/etc/", "/usr/local/lib/", "/usr/lib/"};
  std::map<std::string, std::string> found;
  for (const std::string_view place : k_places) {
    const std::string directory = std::string(place) + std::string(name);
    for (const std::string& file : files.list(directory)) {
      if (!file.ends_with(".conf")) continue;
      const std::string path = directory + "/" + file;
      const auto status = files.find_target_status(path);
      if (status && status->type == fs::FileType::regular) found.emplace(file, path);
    }
  }
  return found;
}

} // namespace imagewright::finalize
