// SPDX-License-Identifier: MIT
#pragma once

// How a mode of SELinux is said to the kernel and to the system.

#include <string>
#include <vector>

#include <imagewright/model/os_config.hpp>

namespace imagewright::policy {

/// Kernel arguments (Image Customizer's documentation, "selinux.mode").
std::vector<std::string> selinux_arguments(model::SelinuxMode mode);

/// The value of SELINUX in /etc/selinux/config, which is also what the booted system answers.
std::string selinux_setting(model::SelinuxMode mode);

} // namespace imagewright::policy
