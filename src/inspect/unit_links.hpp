// SPDX-License-Identifier: MIT
#pragma once

// Which systemd units an image's own links enable and mask.

#include <string>
#include <vector>

#include <imagewright/inspect/opened_image.hpp>

namespace imagewright::inspect {

struct UnitLinks {
  std::vector<std::string> enabled; ///< pulled in by /etc/systemd/system, sorted
  std::vector<std::string> masked;
  std::string default_target;

  bool operator==(const UnitLinks&) const = default;
};

UnitLinks read_unit_links(const SystemView& view);

} // namespace imagewright::inspect
