// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <tuple>

#include <imagewright/advisory/inventory.hpp>
#include <imagewright/audit/package_list.hpp>

namespace imagewright::advisory {

namespace {

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
  for (const model::Nevra& nevra : audit::read_package_list(text, file))
    inventory.packages.push_back(installed_package(nevra, {}));
  std::sort(inventory.packages.begin(), inventory.packages.end(),
            [](const InstalledPackage& left, const InstalledPackage& right) {
              return std::tuple(left.name, left.version.to_string()) <
                     std::tuple(right.name, right.version.to_string());
            });
  return inventory;
}

} // namespace imagewright::advisory
