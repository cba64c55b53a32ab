// SPDX-License-Identifier: MIT
#pragma once

// What advisories and diff are told of feeds.

#include <string>
#include <vector>

#include <imagewright/advisory/suppression.hpp>

#include "command.hpp"

namespace imagewright::cli {

/// What an OpenVEX document says; nothing for an empty path. Throws what reading it throws.
std::vector<advisory::Suppression> suppressions_in(const std::string& path);

Argument vex_argument(std::string& path);

} // namespace imagewright::cli
