// SPDX-License-Identifier: MIT
#include "presets.hpp"

#include <set>

#include <imagewright/base/text.hpp>

#include "name.hpp"

namespace imagewright::finalize::units {
namespace {

constexpr auto k_preset_file = "/etc/systemd/system-preset/00-image.preset";

/// "enable NAME", or "enable TEMPLATE INSTANCE…": an instance is no unit file, of which presets
/// speak.
std::map<std::string, std::string> lines_by_unit(const std::map<std::string, Preset>& presets) {
  std::map<std::string, std::string> lines;
  for (const auto& [name, preset] : presets) {
    const auto unit = parse_unit_name(name);
    const bool is_enabled_instance = unit && unit->is_instance() && preset == Preset::enable;
    const std::string owner = is_enabled_instance ? unit->template_name() : name;
    std::string& line = lines[owner];
    if (line.empty()) line = (preset == Preset::enable ? "enable " : "disable ") + owner;
    if (is_enabled_instance) line += " " + *unit->instance;
  }
  return lines;
}

} // namespace

bool boots_first(const fs::RootDir& root) {
  const auto id = root.find_content("/etc/machine-id");
  return !id || base::trimmed(*id) == "uninitialized";
}

void write_presets(const fs::RootDir& root, const std::map<std::string, Preset>& presets) {
  const auto lines = lines_by_unit(presets);
  std::string text;
  for (const auto& [unit, line] : lines)
    text += line + '\n';
  for (const auto& line : base::split(root.find_content(k_preset_file).value_or(""), '\n')) {
    const auto words = base::split_whitespace(line);
    const bool is_known = words.size() > 1 && lines.contains(words[1]);
    if (!line.empty() && !is_known) text += line + '\n';
  }
  root.write(k_preset_file, text, 0644);
}

} // namespace imagewright::finalize::units
