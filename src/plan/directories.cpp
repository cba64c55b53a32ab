// SPDX-License-Identifier: MIT
#include "directories.hpp"

#include <imagewright/config/load.hpp>

namespace imagewright::plan {

std::vector<std::filesystem::path> release_directories(const model::ImageConfig& config,
                                                       const PlanOptions& options) {
  std::vector<std::filesystem::path> directories =
      config::directories_above(config.directory, "releases");
  directories.insert(directories.end(), options.release_directories.begin(),
                     options.release_directories.end());
  return directories;
}

std::vector<std::filesystem::path> role_directories(const PlanOptions& options) {
  std::vector<std::filesystem::path> directories;
  for (const std::filesystem::path& releases : options.release_directories)
    directories.push_back(releases.parent_path() / "roles");
  return directories;
}

} // namespace imagewright::plan
