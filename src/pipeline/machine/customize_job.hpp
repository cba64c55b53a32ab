// SPDX-License-Identifier: MIT
#pragma once

// What a machine does for somebody who customizes an image: all of it, but for what is fetched.

#include <array>
#include <string>

#include <imagewright/machine/run_in_machine.hpp>

namespace imagewright::pipeline {

inline constexpr const char* k_customize_job = "customize";

/// Below machine::k_guest_work, and at the top of the disk that is read afterwards: artifacts,
/// files to be signed, and SELinux's policy.
inline constexpr std::array k_customized_places{"/artifacts", "/unsigned", "/selinux-policy"};

std::string customize_inside(const machine::GuestCall& call);

} // namespace imagewright::pipeline
