// SPDX-License-Identifier: MIT
#pragma once

// Where nothing is allowed: what is to be done with an image that exists is done in a machine of
// our own, and published outside.

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include <imagewright/machine/run_in_machine.hpp>

#include "pipeline/customizing/customizing.hpp"

namespace imagewright::pipeline {

/// Below machine::k_guest_work, and at the top of the disk that is read afterwards: artifacts,
/// files to be signed, and SELinux's policy.
inline constexpr std::array k_published_places{"/artifacts", "/unsigned", "/selinux-policy"};

/// One of them, inside of a machine.
std::filesystem::path place_inside(std::size_t index);

/// What a machine is asked to do.
struct WorkOnBase {
  std::string_view job; ///< gives the bytes of a CustomizeResult
  std::string request;
  machine::HostFiles files; ///< besides the base
  /// Where its kernel comes from, before the base and this host are looked at.
  std::filesystem::path machine_kernel;
  install::TrustedPackages kernel_packages;
};

/// Publishes in `directory`, and where the config says, what the machine made. Throws what the job
/// throws, and base::Error (machine.…).
CustomizeResult work_on_base_in_machine(const Customizing& customizing, const WorkOnBase& work,
                                        const std::filesystem::path& directory,
                                        const plan::Services& services);

} // namespace imagewright::pipeline
