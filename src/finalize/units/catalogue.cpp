// SPDX-License-Identifier: MIT
#include "catalogue.hpp"

#include <array>
#include <map>
#include <set>

#include <imagewright/base/text.hpp>

#include "../file_name.hpp"

namespace imagewright::finalize::units {
namespace {

constexpr std::array<std::string_view, 3> k_directories{
    k_configuration_directory, "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"};

/// Aliases of aliases are followed this far.
constexpr int k_largest_alias_depth = 8;

} // namespace

bool is_dependency_folder(const std::string& name) {
  return name.ends_with(".wants") || name.ends_with(".requires") || name.ends_with(".upholds");
}

std::optional<std::string> UnitCatalogue::find_packaged_owner(const std::string& name) const {
  const auto unit = find(name);
  if (!unit) return std::nullopt;
  const std::string own_name = unit->name.to_string();
  for (const auto directory : k_directories) {
    if (directory == k_configuration_directory) continue;
    for (const auto& folder : root_.list(directory)) {
      if (!is_dependency_folder(folder)) continue;
      const std::string link = "/" + folder + "/" + own_name;
      if (!root_.find_link_target(std::string(directory) + link)) continue;
      // A link of that name hides the package's.
      const auto own = root_.find_link_target(std::string(k_configuration_directory) + link);
      if (own && *own == "/dev/null") continue;
      return folder.substr(0, folder.rfind('.'));
    }
  }
  return std::nullopt;
}

std::optional<std::string> UnitCatalogue::find_path(const std::string& name) const {
  for (const auto directory : k_directories) {
    const auto path = std::string(directory) + "/" + name;
    if (root_.find_status(path)) return path;
  }
  return std::nullopt;
}

bool UnitCatalogue::is_mask(const std::string& path) const {
  if (const auto target = root_.find_link_target(path)) return *target == "/dev/null";
  const auto status = root_.find_status(path);
  return status && status->type == fs::FileType::regular && status->size == 0;
}

InstallSection UnitCatalogue::install_of(const std::string& path, const UnitName& name) const {
  auto section = with_install_text({}, root_.find_content(path).value_or(""));
  // Of drop-ins with one name the one in the first directory counts; they apply in the order of
  // their names.
  std::map<std::string, std::string> drop_ins;
  std::vector<std::string> owners{name.to_string()};
  if (name.is_instance()) owners.push_back(name.template_name());
  for (const auto& owner : owners) {
    for (const auto directory : k_directories) {
      const auto folder = std::string(directory) + "/" + owner + ".d";
      for (const auto& file : root_.list(folder)) {
        if (file.ends_with(".conf")) drop_ins.emplace(file, folder + "/" + file);
      }
    }
  }
  for (const auto& [file, drop_in] : drop_ins) {
    section = with_install_text(std::move(section), root_.find_content(drop_in).value_or(""));
  }
  return section;
}

std::optional<FoundUnit> UnitCatalogue::find(const std::string& name) const {
  auto parsed = parse_unit_name(name);
  for (int depth = 0; parsed && depth < k_largest_alias_depth; ++depth) {
    auto path = find_path(parsed->to_string());
    if (!path && parsed->is_instance()) path = find_path(parsed->template_name());
    if (!path || is_mask(*path)) return std::nullopt;
    const auto target = root_.find_link_target(*path);
    const auto own_name = target ? parse_unit_name(file_name_of(*target)) : std::nullopt;
    const auto file_name = file_name_of(*path);
    if (!own_name || own_name->to_string() == file_name) {
      if (target && !root_.exists(*path)) return std::nullopt;
      return FoundUnit{*parsed, *path, install_of(*path, *parsed)};
    }
    // An alias; a link from an instance to its template is the instance still.
    const auto alias = *parsed;
    parsed = own_name;
    if (own_name->is_template() && alias.is_instance()) {
      parsed = parse_unit_name(own_name->with_instance(*alias.instance));
    }
    if (parsed && parsed->to_string() == alias.to_string()) {
      const auto template_path = find_path(alias.template_name());
      if (!template_path || is_mask(*template_path)) return std::nullopt;
      return FoundUnit{alias, *template_path, install_of(*template_path, alias)};
    }
  }
  return std::nullopt;
}

UnitAbsence UnitCatalogue::absence_of(const std::string& name) const {
  auto path = find_path(name);
  const auto parsed = parse_unit_name(name);
  if (!path && parsed && parsed->is_instance()) path = find_path(parsed->template_name());
  return path && is_mask(*path) ? UnitAbsence::masked : UnitAbsence::missing;
}

std::vector<std::string> UnitCatalogue::names() const {
  std::set<std::string> names;
  for (const auto directory : k_directories) {
    for (const auto& entry : root_.list(directory)) {
      if (!parse_unit_name(entry)) continue;
      const auto status = root_.find_status(std::string(directory) + "/" + entry);
      if (status && status->type != fs::FileType::directory) names.insert(entry);
    }
  }
  return {names.begin(), names.end()};
}

} // namespace imagewright::finalize::units
