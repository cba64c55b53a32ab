// SPDX-License-Identifier: MIT
#include "published_files.hpp"

#include <filesystem>

namespace imagewright::cli {

json::Object json_of(const fs::PublishedFile& file) {
  return json::Object{{"path", file.path.string()},
                      {"bytes", std::filesystem::file_size(file.path)},
                      {"digest", file.digest.to_string()}};
}

json::Array json_of(const std::vector<fs::PublishedFile>& files) {
  json::Array array;
  for (const fs::PublishedFile& file : files)
    array.push_back(json_of(file));
  return array;
}

void print_paths(const Console& console, const std::vector<fs::PublishedFile>& files) {
  for (const fs::PublishedFile& file : files)
    console.print(file.path.string() + "\n");
}

} // namespace imagewright::cli
