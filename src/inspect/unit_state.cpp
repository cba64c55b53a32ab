// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/unit_state.hpp>
#include <imagewright/model/unit_name.hpp>

namespace imagewright::inspect {

namespace {

const std::string k_own = "/etc/systemd/system";
/// systemd.unit(5), "System Unit Search Path", as far as an image has them.
const std::array<std::string, 4> k_directories{k_own, "/usr/local/lib/systemd/system",
                                               "/usr/lib/systemd/system", "/lib/systemd/system"};

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// "getty@.service" of "getty@tty1.service"; empty for others.
std::string template_of(const std::string& unit) {
  const std::size_t at = unit.find('@');
  const std::size_t dot = unit.rfind('.');
  if (at == std::string::npos || dot == std::string::npos || dot < at) return {};
  return unit.substr(0, at + 1) + unit.substr(dot);
}

enum class Install : std::uint8_t { none, other_units_only, own };

/// systemd.unit(5), "[Install] Section Options".
Install install_of(const std::string& text) {
  bool is_inside = false;
  Install install = Install::none;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view words = base::trimmed(line);
    if (words.starts_with('[')) is_inside = words == "[Install]";
    const std::size_t equals_sign = words.find('=');
    if (!is_inside || words.starts_with('#') || words.starts_with(';') ||
        equals_sign == std::string_view::npos)
      continue;
    const std::string_view key = base::trimmed(words.substr(0, equals_sign));
    if (base::trimmed(words.substr(equals_sign + 1)).empty()) continue;
    if (key == "WantedBy" || key == "RequiredBy" || key == "UpheldBy" || key == "Alias")
      return Install::own;
    if (key == "Also" || key == "DefaultInstance") install = Install::other_units_only;
  }
  return install;
}

class Question {
public:
  Question(const std::string& unit, const SystemFiles& files) : unit_(unit), files_(files) {}

  std::string answer() const {
    const std::string path = find_file(unit_);
    const std::string template_path =
        path.empty() && !template_of(unit_).empty() ? find_file(template_of(unit_)) : "";
    const std::string& found = path.empty() ? template_path : path;
    if (found.empty()) return "not-found";
    const auto target = files_.link_target(found);
    if (target == "/dev/null") return "masked";
    const auto text = files_.read(found);
    if (!text) return "not-found";
    if (text->empty()) return "masked";
    const bool is_other_name =
        target && last_part(*target) != unit_ && last_part(*target) != template_of(unit_);
    if (is_other_name) return "alias";
    if (is_enabled()) return "enabled";
    // A file that stands elsewhere was linked to by hand.
    if (target && found.starts_with(k_own)) return "linked";
    switch (install_of(*text)) {
    case Install::own:
      return "disabled";
    case Install::other_units_only:
      return "indirect";
    case Install::none:
      return "static";
    }
    return "static";
  }

private:
  /// The first in the order of the search path, also when it is a link that leads nowhere.
  std::string find_file(const std::string& name) const {
    for (const std::string& directory : k_directories) {
      const std::string path = directory + "/" + name;
      if (files_.link_target(path) || files_.read(path)) return path;
    }
    return {};
  }

  bool is_enabled() const {
    for (const std::string& name : files_.list(k_own)) {
      const std::string path = k_own + "/" + name;
      const bool is_pull =
          name.ends_with(".wants") || name.ends_with(".requires") || name.ends_with(".upholds");
      if (is_pull && is_in(files_.list(path))) return true;
      // An alias by which others name it.
      const auto target = files_.link_target(path);
      if (target && name != unit_ && last_part(*target) == unit_) return true;
    }
    return false;
  }

  bool is_in(const std::vector<std::string>& names) const {
    return std::ranges::find(names, unit_) != names.end();
  }

  const std::string& unit_;
  const SystemFiles& files_;
};

} // namespace

std::string unit_state(const std::string& unit, const SystemFiles& files) {
  const std::string name = model::full_unit_name(unit);
  return Question(name, files).answer();
}

} // namespace imagewright::inspect
