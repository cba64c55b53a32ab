// SPDX-License-Identifier: MIT
#include <optional>

#include <fcntl.h>

#include <imagewright/root/real_patterns.hpp>

namespace imagewright::root {
namespace {

/// The part before the slash that comes before the first part with a star, or the last part.
std::string leading_directory(const std::string& pattern) {
  return pattern.substr(0, pattern.substr(0, pattern.find('*')).rfind('/'));
}

std::optional<std::string> find_real_place(const fs::RootDir& files, const std::string& directory) {
  // A link that leads in a circle leads nowhere.
  if (!files.exists(directory)) return std::nullopt;
  const auto status = files.find_target_status(directory);
  if (!status || status->type != fs::FileType::directory) return std::nullopt;
  const std::string place = files.real_path(files.open(directory, O_PATH | O_DIRECTORY));
  return place == "/" ? "" : place;
}

} // namespace

std::vector<std::string> with_real_places(const fs::RootDir& files,
                                          std::vector<std::string> patterns) {
  const std::size_t count = patterns.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string directory = leading_directory(patterns[i]);
    if (directory.empty()) continue;
    const auto place = find_real_place(files, directory);
    if (place && *place != directory)
      patterns.push_back(*place + patterns[i].substr(directory.size()));
  }
  return patterns;
}

} // namespace imagewright::root
