// SPDX-License-Identifier: MIT
#pragma once

// KEY=VALUE files of the kind that a shell could read: os-release, /etc/selinux/config.

#include <string>
#include <string_view>

namespace imagewright::inspect {

/// The value of the last line that sets `key`, without its quotes; empty when none does.
std::string value_of_key(std::string_view text, std::string_view key);

} // namespace imagewright::inspect
