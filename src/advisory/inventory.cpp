// SPDX-License-Identifier: MIT
#include <algorithm>
#include <tuple>

#include <imagewright/advisory/inventory.hpp>
#include <imagewright/audit/package_list.hpp>

namespace imagewright::advisory {

InstalledPackage installed_package(const model::Nevra& nevra, std::string_view source_file) {
  InstalledPackage package{
      .name = nevra.name,
      .version = {.epoch = nevra.epoch, .version = nevra.version, .release = nevra.release},
      .source_name = {},
      .source_version = {}};
  for (const std::string_view ending : {".rpm", ".src", ".nosrc"}) {
    if (source_file.ends_with(ending)) source_file.remove_suffix(ending.size());
  }
  if (const auto source = model::Nevra::parse_without_architecture(source_file)) {
    package.source_name = source->name;
    // The epoch is not in the file's name, and is the same for all packages of one source.
    package.source_version = {
        .epoch = nevra.epoch, .version = source->version, .release = source->release};
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
