// SPDX-License-Identifier: MIT
#include "sysctl_files.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <imagewright/base/text.hpp>

namespace imagewright::inspect {

namespace {

/// The later ones hide files of the same name in the earlier.
constexpr std::array<const char*, 3> k_directories{"/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d",
                                                   "/etc/sysctl.d"};

/// A dot separates unless the first separator is a slash; then a dot is a dot.
std::string path_of(std::string key) {
  const std::size_t first = key.find_first_of("./");
  if (first == std::string::npos || key[first] == '/') return key;
  for (char& c : key)
    c = c == '.' ? '/' : c == '/' ? '.' : c;
  return key;
}

/// Part by part: "*" in a pattern stands for no slash.
bool fits(const std::string& path, const std::string& pattern) {
  const std::vector<std::string> parts = base::split(path, '/');
  const std::vector<std::string> patterns = base::split(pattern, '/');
  return std::ranges::equal(parts, patterns, [](const auto& part, const auto& each) {
    return base::matches_glob(part, each);
  });
}

/// The files that count, by name, which is their order.
std::map<std::string, std::string> files_in_order(const SystemFiles& files) {
  std::map<std::string, std::string> places;
  for (const char* directory : k_directories) {
    for (const std::string& name : files.list(directory)) {
      if (name.ends_with(".conf")) places[name] = std::string(directory) + "/" + name;
    }
  }
  return places;
}

} // namespace

std::optional<KernelSetting> find_kernel_setting(const std::string& path,
                                                 const SystemFiles& files) {
  std::optional<KernelSetting> exact;
  std::optional<KernelSetting> by_pattern;
  bool is_excluded = false;
  for (const auto& [name, place] : files_in_order(files)) {
    for (const std::string& line : base::split(files.read(place).value_or(""), '\n')) {
      std::string_view words = base::trimmed(line);
      if (words.empty() || words.front() == '#' || words.front() == ';') continue;
      if (words.front() == '-') words.remove_prefix(1);
      const std::size_t equals_sign = words.find('=');
      const std::string key = path_of(std::string(base::trimmed(words.substr(0, equals_sign))));
      if (equals_sign == std::string_view::npos) {
        // A key alone keeps patterns away from it.
        is_excluded = is_excluded || key == path;
        continue;
      }
      KernelSetting setting{.value = std::string(base::trimmed(words.substr(equals_sign + 1))),
                            .file = place};
      if (key == path) {
        exact = std::move(setting);
      } else if (fits(path, key)) {
        by_pattern = std::move(setting);
      }
    }
  }
  if (exact) return exact;
  return is_excluded ? std::nullopt : by_pattern;
}

} // namespace imagewright::inspect
