// SPDX-License-Identifier: MIT
#pragma once

// Tags of YAML, such as "!!int", before the values of configs.

#include <string>

#include <imagewright/yaml/node.hpp>

#include "config/language/type.hpp"

namespace imagewright::config {

/// May a value of this shape be written with this tag?
bool fits_tag(Shape shape, const std::string& tag);

/// As it is written: "!!int".
std::string short_tag(const std::string& tag);

/// Was this written as a number or a boolean, and not as text?
bool is_bare(const yaml::Node& node);

} // namespace imagewright::config
