// SPDX-License-Identifier: MIT
#pragma once

// What a report says that somebody keeps beside the files of a unit.

#include <optional>
#include <string>

#include <imagewright/fleet/collect.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::fleet {

/// What was built, as its record says.
struct BuiltUnit {
  const Unit& unit;
  const UnitRecord& record;
};

/// By what the document says of itself; nothing: it is no verdict on images. One that is not of
/// these very files vouches for nothing. Throws base::Error (json.…).
std::optional<Verdict> verdict_in(const json::Value& document, const std::string& file,
                                  const BuiltUnit& built);

} // namespace imagewright::fleet
