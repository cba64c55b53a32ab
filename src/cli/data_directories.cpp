// SPDX-License-Identifier: MIT
#include "data_directories.hpp"

namespace imagewright::cli {

std::vector<std::filesystem::path> installed_directories(const Invocation& invocation,
                                                         std::string_view kind) {
  std::vector<std::filesystem::path> directories;
  if (!invocation.program.empty()) {
    directories.push_back(invocation.program.parent_path().parent_path() / "share/imagewright" /
                          kind);
  }
  if (const auto data = invocation.environment("IMAGEWRIGHT_DATA"); data && !data->empty())
    directories.push_back(std::filesystem::path(*data) / kind);
  return directories;
}

} // namespace imagewright::cli
