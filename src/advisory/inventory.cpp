// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include <imagewright/advisory/inventory.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::advisory {

namespace {

constexpr std::string_view k_begin = "=== Installed Packages Begin";
constexpr std::string_view k_end = "=== Installed Packages End";

struct NamedVersion {
  std::string name;
  base::PackageVersion version;
};

/// "name-version-release", where only the name may have further hyphens.
std::optional<NamedVersion> split_version(std::string_view text) {
  const auto release = text.rfind('-');
  if (release == std::string_view::npos || release == 0) return std::nullopt;
  const auto version = text.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0) return std::nullopt;
  const auto parsed = base::PackageVersion::parse(text.substr(version + 1));
  if (!parsed) return std::nullopt;
  return NamedVersion{std::string(text.substr(0, version)), *parsed};
}

[[noreturn]] void throw_damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::input, "advisory.damaged-list",
                    fmt::format("{} is no list of packages: {}", base::quoted(file), why),
                    "give a manifest, a lock, or lines of name-version-release.architecture");
}

} // namespace

InstalledPackage installed_package(const model::Nevra& nevra, std::string_view source_file) {
  InstalledPackage package{
      .name = nevra.name,
      .version = {.epoch = nevra.epoch, .version = nevra.version, .release = nevra.release},
      .source_name = {},
      .source_version = {}};
  for (const std::string_view ending : {".rpm", ".src", ".nosrc"}) {
    if (source_file.ends_with(ending)) source_file.remove_suffix(ending.size());
  }
  if (const auto source = split_version(source_file)) {
    package.source_name = source->name;
    package.source_version = source->version;
    // The file's name does not have it, and it is the same for all packages of one source.
    package.source_version.epoch = nevra.epoch;
  }
  return package;
}

Inventory read_package_list(std::string_view text, const std::string& file) {
  Inventory inventory{.file = file, .packages = {}};
  const auto begin = text.find(k_begin);
  if (begin != std::string_view::npos) {
    const auto end = text.find(k_end, begin);
    if (end == std::string_view::npos) throw_damaged(file, "its list of packages does not end");
    text = text.substr(begin + k_begin.size(), end - begin - k_begin.size());
  }
  for (const std::string& whole : base::split(text, '\n')) {
    const std::string_view line = base::trimmed(whole);
    if (line.empty() || line.starts_with('#')) continue;
    const auto dot = line.rfind('.');
    const auto package = split_version(line.substr(0, dot));
    if (!package)
      throw_damaged(file,
                    fmt::format("{} is no name-version-release.architecture", base::quoted(line)));
    inventory.packages.push_back({.name = package->name,
                                  .version = package->version,
                                  .source_name = {},
                                  .source_version = {}});
  }
  if (inventory.packages.empty()) throw_damaged(file, "it names no package");
  std::sort(inventory.packages.begin(), inventory.packages.end(),
            [](const InstalledPackage& left, const InstalledPackage& right) {
              return std::tuple(left.name, left.version.to_string()) <
                     std::tuple(right.name, right.version.to_string());
            });
  return inventory;
}

} // namespace imagewright::advisory
