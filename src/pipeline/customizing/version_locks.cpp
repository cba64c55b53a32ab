// SPDX-License-Identifier: MIT
#include "version_locks.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::pipeline {

namespace {

/// dnf-versionlock(8), dnf5-versionlock(8): a line for each package.
constexpr std::array k_lock_files = {"/etc/dnf/plugins/versionlock.list",
                                     "/etc/dnf/versionlock.toml",
                                     "/etc/yum/pluginconf.d/versionlock.list"};
/// tdnf.conf(5), "locks" and "minversions": files with a line for each package.
constexpr std::array k_lock_directories = {"/etc/tdnf/locks.d", "/etc/tdnf/minversions.d"};
/// dnf.conf(5) and tdnf.conf(5): patterns of packages that are never taken.
constexpr std::array k_settings = {"/etc/dnf/dnf.conf", "/etc/tdnf/tdnf.conf", "/etc/yum.conf"};
constexpr std::array<std::string_view, 2> k_excluding = {"excludepkgs", "exclude"};

template <typename Predicate>
bool has_line(const std::string& text, Predicate predicate) {
  return std::ranges::any_of(base::split(text, '\n'), [&](const std::string& line) {
    const std::string_view word = base::trimmed(line);
    return !word.empty() && !word.starts_with('#') && predicate(word);
  });
}

bool is_any(std::string_view /*line*/) {
  return true;
}

/// The list of dnf5 has its version and empty tables without any package.
bool names_package(std::string_view line) {
  return line.find("name") != std::string_view::npos;
}

bool excludes(std::string_view line) {
  const std::size_t sign = line.find('=');
  if (sign == std::string_view::npos) return false;
  return std::ranges::find(k_excluding, base::trimmed(line.substr(0, sign))) != k_excluding.end() &&
         !base::trimmed(line.substr(sign + 1)).empty();
}

} // namespace

void warn_of_version_locks(const fs::RootDir& files, report::Reporter& reporter) {
  std::vector<std::string> found;
  const auto look_at = [&](const std::string& path, auto predicate) {
    const auto text = files.find_content(path);
    if (text && has_line(*text, predicate)) found.push_back(path);
  };
  for (const char* path : k_lock_files) {
    const bool is_toml = std::string_view(path).ends_with(".toml");
    look_at(path, is_toml ? names_package : is_any);
  }
  for (const std::string directory : k_lock_directories) {
    for (const std::string& name : files.list(directory))
      look_at(directory + "/" + name, is_any);
  }
  for (const char* path : k_settings)
    look_at(path, excludes);
  if (found.empty()) return;
  reporter.warning(
      {.severity = base::Severity::warning,
       .code = "pipeline.version-locks",
       .message =
           fmt::format("the base keeps packages at their versions by {}, which is not heeded "
                       "when a config changes packages",
                       base::join(found, ", ")),
       .where = {},
       .hint = "name the versions that are meant, as os.packages.install: [NAME-VERSION]"});
}

} // namespace imagewright::pipeline
