// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include <imagewright/audit/content_sizes.hpp>
#include <imagewright/audit/manifest_file_line.hpp>

namespace imagewright::audit {

namespace {

using Sums = std::map<std::string, std::uint64_t>;

/// The directory of a file, cut after two parts: "/usr/lib" of "/usr/lib/systemd/systemd".
std::string upper_directory(std::string_view path) {
  const std::size_t last = path.rfind('/');
  if (last == std::string_view::npos || last == 0) return "/";
  const std::string_view directory = path.substr(0, last);
  const std::size_t second = directory.find('/', 1);
  const std::size_t third =
      second == std::string_view::npos ? std::string_view::npos : directory.find('/', second + 1);
  return std::string(directory.substr(0, third));
}

/// Zero for what has no content.
std::uint64_t size_of(const Aspects& aspects) {
  const auto content = aspects.find("content");
  std::uint64_t bytes = 0;
  if (content == aspects.end()) return bytes;
  std::from_chars(content->second.data(), content->second.data() + content->second.size(), bytes);
  return bytes;
}

std::vector<SizeShare> largest_first(const Sums& sums) {
  std::vector<SizeShare> shares;
  for (const auto& [name, bytes] : sums)
    if (bytes > 0) shares.push_back({.name = name, .bytes = bytes});
  std::ranges::stable_sort(shares, std::ranges::greater{}, &SizeShare::bytes);
  return shares;
}

} // namespace

ContentSizes content_sizes(const Manifest& manifest) {
  Sums packages;
  Sums directories;
  for (const auto& [path, line] : manifest.files) {
    const Aspects aspects = parse_file_line(line);
    const std::uint64_t bytes = size_of(aspects);
    const auto package = aspects.find("package");
    packages[package == aspects.end() ? "" : package->second] += bytes;
    directories[upper_directory(path)] += bytes;
  }
  return {.packages = largest_first(packages), .directories = largest_first(directories)};
}

} // namespace imagewright::audit
