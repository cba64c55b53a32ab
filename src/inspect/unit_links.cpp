// SPDX-License-Identifier: MIT
#include "unit_links.hpp"

#include <set>
#include <string_view>

namespace imagewright::inspect {

namespace {

const std::string k_directory = "/etc/systemd/system";

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string default_target(const SystemView& view) {
  for (const std::string& directory : {k_directory, std::string("/usr/lib/systemd/system")}) {
    if (const auto target = view.link_target(directory + "/default.target")) {
      return last_part(*target);
    }
  }
  return {};
}

} // namespace

UnitLinks read_unit_links(const SystemView& view) {
  UnitLinks links;
  std::set<std::string> enabled;
  for (const std::string& name : view.list(k_directory)) {
    const std::string path = k_directory + "/" + name;
    if (view.link_target(path) == "/dev/null") links.masked.push_back(name);
    if (!name.ends_with(".wants") && !name.ends_with(".requires")) continue;
    for (const std::string& unit : view.list(path))
      enabled.insert(unit);
  }
  links.enabled.assign(enabled.begin(), enabled.end());
  links.default_target = default_target(view);
  return links;
}

} // namespace imagewright::inspect
