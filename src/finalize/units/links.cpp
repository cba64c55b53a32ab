// SPDX-License-Identifier: MIT
#include "links.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../file_name.hpp"

namespace imagewright::finalize::units {
namespace {

const std::string k_directory{k_configuration_directory};

/// A template without instance is enabled as its DefaultInstance=, or else as itself.
UnitName name_to_link(const FoundUnit& unit) {
  if (!unit.name.is_template() || unit.install.default_instance.empty()) return unit.name;
  const auto instance = with_specifiers(unit.install.default_instance, unit.name);
  return parse_unit_name(unit.name.with_instance(instance)).value_or(unit.name);
}

/// Whether units of this type can have a second name.
bool may_have_alias(std::string_view suffix) {
  constexpr std::array<std::string_view, 6> k_suffixes{".service", ".socket", ".target",
                                                       ".device",  ".timer",  ".path"};
  return std::ranges::find(k_suffixes, suffix) != k_suffixes.end();
}

/// What systemd would not take about an alias (unit_validate_alias_symlink_or_warn).
std::optional<std::string> complaint_about_alias(const UnitName& alias, const UnitName& unit) {
  if (alias.suffix != unit.suffix) return "is a unit of another type";
  if (alias.is_template() != unit.is_template() && !(alias.is_instance() && unit.is_template()))
    return "and the unit are not both templates";
  if (alias.is_instance() && unit.is_instance() && alias.instance != unit.instance)
    return "is another instance than the unit";
  if (alias.is_instance() && !unit.instance) return "is an instance, and the unit is not";
  if (!alias.instance && unit.is_instance()) return "is no instance, and the unit is one";
  return std::nullopt;
}

/// The unit whose dependencies a directory such as "multi-user.target.wants" names.
std::optional<UnitName> owner_of_folder(std::string_view folder) {
  for (const std::string_view suffix : {".wants", ".requires"}) {
    if (folder.ends_with(suffix))
      return parse_unit_name(folder.substr(0, folder.size() - suffix.size()));
  }
  return std::nullopt;
}

/// Whether a link of that name can lead to the unit: it has the unit's name, or is an instance of
/// it.
bool is_name_of(const UnitName& unit, const std::string& name) {
  const auto parsed = parse_unit_name(name);
  if (!parsed || parsed->is_template()) return false;
  if (parsed->to_string() == unit.to_string()) return true;
  return unit.is_template() && parsed->template_name() == unit.to_string();
}

/// Whether the link belongs to the enablement of one of these units.
bool belongs_to(const std::string& link_name, const std::string& target,
                const std::set<std::string>& names) {
  const auto is_listed = [&](const std::string& name) {
    if (names.contains(name)) return true;
    const auto parsed = parse_unit_name(name);
    return parsed && parsed->is_instance() && names.contains(parsed->template_name());
  };
  return is_listed(link_name) || is_listed(file_name_of(target));
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

std::optional<std::string> UnitLinks::find_name_to_link(const std::string& name) const {
  const auto unit = catalogue_.find(name);
  if (!unit) return std::nullopt;
  return name_to_link(*unit).to_string();
}

void UnitLinks::link_dependency(const FoundUnit& unit, const std::string& target,
                                std::string_view folder_suffix, Problems& problems) {
  const auto name = name_to_link(unit);
  const auto other = with_specifiers(target, name);
  const auto parsed = parse_unit_name(other);
  if (!parsed) {
    problems.push_back(base::quoted(other) + " is no name of a unit");
    return;
  }
  // A template gets its instance from what wants it, which must have one then.
  if (name.is_template() && !parsed->instance) {
    problems.push_back(base::quoted(name.to_string()) +
                       " is a template without DefaultInstance=, " + "and " + base::quoted(other) +
                       " gives it no instance");
    return;
  }
  if (name.to_string() != unit.name.to_string() &&
      catalogue_.absence_of(name.to_string()) == UnitAbsence::masked) {
    problems.push_back("its default instance " + base::quoted(name.to_string()) + " is masked");
    return;
  }
  root_.make_symlink(
      k_directory + "/" + other + std::string(folder_suffix) + "/" + name.to_string(), unit.path);
}

void UnitLinks::link_folder_alias(const FoundUnit& unit, const std::string& alias,
                                  Problems& problems) {
  const auto slash = alias.rfind('/');
  const auto owner = owner_of_folder(alias.substr(0, slash));
  if (!owner) {
    problems.push_back("Alias=" + alias + " is no directory of dependencies of a unit");
    return;
  }
  const auto name = alias.substr(slash + 1);
  if (!is_name_of(unit.name, name)) {
    problems.push_back("Alias=" + alias + " has another name than the unit");
    return;
  }
  root_.make_symlink(k_directory + "/" + alias, unit.path);
}

void UnitLinks::link_alias(const FoundUnit& unit, const std::string& alias, Problems& problems) {
  // systemd does not read the line where it means nothing.
  if (!may_have_alias(unit.name.suffix)) return;
  const auto text = with_specifiers(alias, name_to_link(unit));
  if (text.find('/') != std::string::npos) {
    link_folder_alias(unit, text, problems);
    return;
  }
  auto name = parse_unit_name(text);
  if (!name) {
    problems.push_back("Alias=" + text + " is no name of a unit");
    return;
  }
  if (name->is_template() && unit.name.is_instance()) {
    name = parse_unit_name(name->with_instance(*unit.name.instance));
  }
  if (name->to_string() == unit.name.to_string()) return;
  if (auto complaint = complaint_about_alias(*name, unit.name)) {
    problems.push_back("Alias=" + text + " " + *complaint);
    return;
  }
  const auto path = k_directory + "/" + name->to_string();
  const auto present = root_.find_link_target(path);
  const bool is_taken = present ? file_name_of(*present) != file_name_of(unit.path)
                                : root_.find_status(path).has_value();
  if (is_taken) {
    problems.push_back("Alias=" + text + " leads to another unit already");
    return;
  }
  root_.make_symlink(path, unit.path);
}

void UnitLinks::link_unit(const FoundUnit& unit, Problems& problems) {
  for (const auto& alias : unit.install.aliases)
    link_alias(unit, alias, problems);
  for (const auto& target : unit.install.wanted_by)
    link_dependency(unit, target, ".wants", problems);
  for (const auto& target : unit.install.required_by)
    link_dependency(unit, target, ".requires", problems);
  for (const auto& target : unit.install.upheld_by)
    link_dependency(unit, target, ".upholds", problems);
}

Enablement UnitLinks::enable(const std::string& name) {
  const auto first = catalogue_.find(name);
  if (!first) {
    const bool is_masked = catalogue_.absence_of(name) == UnitAbsence::masked;
    return {is_masked ? EnableResult::masked : EnableResult::missing, {}};
  }
  Enablement done;
  std::set<std::string> seen;
  std::vector<std::string> waiting{first->name.to_string()};
  while (!waiting.empty()) {
    const auto next = waiting.back();
    waiting.pop_back();
    if (!seen.insert(next).second) continue;
    // Units of Also= that are not installed are left out, as systemctl does.
    const auto unit = catalogue_.find(next);
    if (!unit) continue;
    link_unit(*unit, done.problems);
    for (const auto& also : unit->install.also)
      waiting.push_back(with_specifiers(also, name_to_link(*unit)));
  }
  if (first->install.is_empty()) done.result = EnableResult::has_no_install_section;
  return done;
}

bool UnitLinks::disable(const std::string& name, const std::set<std::string>& kept) {
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
      const auto other = with_specifiers(also, name_to_link(*unit));
      if (!names.contains(other) && !kept.contains(other)) waiting.push_back(other);
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
  const auto unit = catalogue_.find(name);
  if (unit && unit->name.to_string() != name) mask_name(unit->name.to_string());
  mask_name(name);
}

void UnitLinks::mask_name(const std::string& name) {
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
