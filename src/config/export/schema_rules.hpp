// SPDX-License-Identifier: MIT
#pragma once

// What the rules of src/config/rules say about one file, as far as JSON Schema can say it. A test
// holds both against the same configs.

#include <imagewright/json/value.hpp>

#include "config/language/type.hpp"

namespace imagewright::config {

/// Schemas that a mapping of this type has to fit besides that of its keys; none for most.
json::Array rules_of(const Type& type);

/// The preview features that keys need, as rules about the whole config.
json::Array gate_rules();

} // namespace imagewright::config
