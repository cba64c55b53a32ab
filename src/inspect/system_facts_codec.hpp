// SPDX-License-Identifier: MIT
#pragma once

// The facts of a system as bytes, from the worker that found them.

#include <string>
#include <string_view>

#include <imagewright/inspect/system_facts.hpp>

namespace imagewright::inspect {

std::string encode(const SystemFacts& facts);

/// Throws base::BugError for bytes that are no facts.
SystemFacts decode_system_facts(std::string_view bytes);

} // namespace imagewright::inspect
