// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string_view>

#include <imagewright/model/unit_name.hpp>

namespace imagewright::model {

std::string full_unit_name(const std::string& name) {
  constexpr std::array<std::string_view, 11> k_types{".service", ".socket", ".target", ".timer",
                                                     ".path",    ".mount",  ".slice",  ".automount",
                                                     ".swap",    ".device", ".scope"};
  const bool has_type =
      std::ranges::any_of(k_types, [&](std::string_view type) { return name.ends_with(type); });
  return has_type ? name : name + ".service";
}

} // namespace imagewright::model
