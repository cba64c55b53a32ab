// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <imagewright/json/value.hpp>

namespace imagewright::config {

/// Block YAML for a tree of plain values; texts are quoted when they could be read as something
/// else.
std::string to_yaml(const json::Value& value);

} // namespace imagewright::config
