// SPDX-License-Identifier: MIT
#include "set_files.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::attest {

std::vector<std::string> names_in_set(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) {
    throw base::Error(base::FailureKind::input, "cli.missing-input",
                      fmt::format("the directory {} cannot be listed: {}",
                                  base::quoted(directory.string()), error.message()),
                      "give the output directory of a build");
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, base::Digest> parse_sums(const std::string& text) {
  std::map<std::string, base::Digest> sums;
  for (const std::string& line : base::split(text, '\n')) {
    const std::size_t gap = line.find("  ");
    if (gap == std::string::npos) continue;
    if (const auto digest = base::Digest::parse("sha256:" + line.substr(0, gap)))
      sums[line.substr(gap + 2)] = *digest;
  }
  return sums;
}

std::vector<std::string> images_among(const std::vector<std::string>& names) {
  std::vector<std::string> images;
  for (const std::string& name : names) {
    if (name.ends_with(k_manifest_suffix) && name.size() > k_manifest_suffix.size())
      images.push_back(name.substr(0, name.size() - k_manifest_suffix.size()));
  }
  return images;
}

} // namespace imagewright::attest
