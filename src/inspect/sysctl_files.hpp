// SPDX-License-Identifier: MIT
#pragma once

// What systemd-sysctl will set when the system starts (sysctl.d(5)).

#include <optional>
#include <string>

#include <imagewright/inspect/unit_state.hpp>

namespace imagewright::inspect {

struct KernelSetting {
  std::string value;
  std::string file; ///< that sets it
};

/// The setting of a file below /proc/sys, by its path there ("net/ipv4/ip_forward"); nothing when
/// no file sets it.
std::optional<KernelSetting> find_kernel_setting(const std::string& path, const SystemFiles& files);

} // namespace imagewright::inspect
