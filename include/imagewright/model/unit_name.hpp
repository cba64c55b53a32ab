// SPDX-License-Identifier: MIT
#pragma once

// Names of systemd units as people write them.

#include <string>

namespace imagewright::model {

/// "sshd.service" of "sshd"; a name that has a unit's type is given back as it is.
std::string full_unit_name(const std::string& name);

} // namespace imagewright::model
