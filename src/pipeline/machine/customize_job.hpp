// SPDX-License-Identifier: MIT
#pragma once

// What a machine does for somebody who customizes an image: all of it, but for what is fetched.

#include <string>

#include <imagewright/machine/run_in_machine.hpp>

namespace imagewright::pipeline {

inline constexpr const char* k_customize_job = "customize";

std::string customize_inside(const machine::GuestCall& call);

} // namespace imagewright::pipeline
