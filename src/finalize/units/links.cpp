// SPDX-License-Identifier: MIT
#include "links.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::finalize::units {
namespace {

const std::string k_directory{k_configuration_directory};

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

/// A template without instance is enabled as its DefaultInstance=, or else as itself.
UnitName name_to_link(const FoundUnit& unit) {
  if (!unit.name.is_template() || unit.install.default_instance.empty()) return unit.name;
  const auto instance = with_specifiers(unit.install.default_instance, unit.name);
  return parse_unit_name(unit.name.with_instance(instance)).value_or(unit.name);
}

/// Whether the link belongs to the enablement of one of these units.
bool belongs_to(const std::string& link_name, const std::string& target,
                const std::set<std::string>& names) {
  const auto is_listed = [&](const std::string& name) {
    if (names.contains(name)) return true;
    const auto parsed = parse_unit_name(name);
    return parsed && parsed->is_instance() && names.contains(parsed->template_name());
  };
  return is_listed(link_name) || is_listed(last_part(target));
}

/// Removes links of these units in one directory; gives the names of the removed ones.
std::vector<std::string> remove_links(const fs::RootDir& root, const std::string& directory,
                                      const std::set<std::string>& names) {
  std::vector<std::string> removed;
  for (const auto& entry : root.list(directory)) {
    const auto path = directory + "/" + entry;
    const auto target = root.find_link_target(path);
    // A mask is no enablement.
    if (!target || *target == "/dev/null" || !parse_unit_name(entry)) continue;
    if (!belongs_to(entry, *target, names)) continue;
    root.remove(path);
    removed.push_back(entry);
  }
  return removed;
}

bool is_dependency_folder(const std::string& name) {
  return name.ends_with(".wants") || name.ends_with(".requires") || name.ends_with(".upholds");
}

std::vector<std::string> remove_all_links(const fs::RootDir& root,
                                          const std::set<std::string>& names) {
  auto removed = remove_links(root, k_directory, names);
  for (const auto& folder : root.list(k_directory)) {
    if (!is_dependency_folder(folder)) continue;
    const auto path = k_directory + "/" + folder;
    const auto more = remove_links(root, path, names);
    removed.insert(removed.end(), more.begin(), more.end());
    if (!more.empty() && root.list(path).empty()) root.remove(path);
  }
  return removed;
}

} // namespace

void UnitLinks::link_dependency(const FoundUnit& unit, const std::string& target,
                                std::string_view folder_suffix) {
  const auto name = name_to_link(unit);
  const auto other = with_specifiers(target, name);
  // A template gets its instance from what wants it, which must have one then.
  const auto parsed = parse_unit_name(other);
  if (!parsed || (name.is_template() && !parsed->instance)) return;
  root_.make_symlink(
      k_directory + "/" + other + std::string(folder_suffix) + "/" + name.to_string(), unit.path);
}

bool UnitLinks::link_alias(const FoundUnit& unit, const std::string& alias) {
  auto name = parse_unit_name(with_specifiers(alias, unit.name));
  if (!name) return true;
  if (name->is_template() && unit.name.is_instance()) {
    name = parse_unit_name(name->with_instance(*unit.name.instance));
  }
  if (name->to_string() == unit.name.to_string()) return true;
  const auto path = k_directory + "/" + name->to_string();
  const auto present = root_.find_link_target(path);
  if (present && last_part(*present) != last_part(unit.path)) return false;
  root_.make_symlink(path, unit.path);
  return true;
}

bool UnitLinks::link_unit(const FoundUnit& unit) {
  bool is_complete = true;
  for (const auto& alias : unit.install.aliases) {
    is_complete = link_alias(unit, alias) && is_complete;
  }
  for (const auto& target : unit.install.wanted_by)
    link_dependency(unit, target, ".wants");
  for (const auto& target : unit.install.required_by)
    link_dependency(unit, target, ".requires");
  for (const auto& target : unit.install.upheld_by)
    link_dependency(unit, target, ".upholds");
  return is_complete;
}

EnableResult UnitLinks::enable(const std::string& name) {
  const auto first = catalogue_.find(name);
  if (!first) {
    return catalogue_.absence_of(name) == UnitAbsence::masked ? EnableResult::masked
                                                              : EnableResult::missing;
  }
  bool is_complete = true;
  std::set<std::string> seen;
  std::vector<std::string> waiting{first->name.to_string()};
  while (!waiting.empty()) {
    const auto next = waiting.back();
    waiting.pop_back();
    if (!seen.insert(next).second) continue;
    // Units of Also= that are not installed are left out, as systemctl does.
    const auto unit = catalogue_.find(next);
    if (!unit) continue;
    is_complete = link_unit(*unit) && is_complete;
    for (const auto& also : unit->install.also)
      waiting.push_back(with_specifiers(also, unit->name));
  }
  if (!is_complete) return EnableResult::alias_taken;
  return first->install.is_empty() ? EnableResult::has_no_install_section : EnableResult::enabled;
}

bool UnitLinks::disable(const std::string& name) {
  const auto first = catalogue_.find(name);
  if (!first) return false;
  std::set<std::string> names{name};
  std::vector<std::string> waiting{first->name.to_string()};
  while (!waiting.empty()) {
    const auto next = waiting.back();
    waiting.pop_back();
    if (const bool is_new = names.insert(next).second; !is_new && next != name) continue;
    const auto unit = catalogue_.find(next);
    if (!unit) continue;
    for (const auto& also : unit->install.also) {
      const auto other = with_specifiers(also, unit->name);
      if (!names.contains(other)) waiting.push_back(other);
    }
  }
  // An alias that goes may itself be what further links lead to.
  for (;;) {
    const auto removed = remove_all_links(root_, names);
    const auto count = names.size();
    names.insert(removed.begin(), removed.end());
    if (names.size() == count) return true;
  }
}

void UnitLinks::mask(const std::string& name) {
  const auto path = k_directory + "/" + name;
  const auto status = root_.find_status(path);
  if (status && status->type != fs::FileType::symlink) {
    throw base::Error(base::FailureKind::build, "finalize.cannot-mask",
                      "unit " + base::quoted(name) + " cannot be masked: " + base::quoted(path) +
                          " is a unit file",
                      "disable the unit, or do not add the file");
  }
  root_.make_symlink(path, "/dev/null");
}

} // namespace imagewright::finalize::units
