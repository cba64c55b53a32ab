// SPDX-License-Identifier: MIT
#pragma once

// What lists and records of units have in common.

#include <string>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::fleet {

/// A name that is joined with directories: no path, and nothing that a terminal obeys.
bool is_plain_name(std::string_view name);

/// Throws base::Error (json.unexpected-value).
base::Digest digest_member(const json::Value& object, std::string_view name,
                           const std::string& file);

/// What is wrong with a file, on one line that names it.
std::string told(const base::Diagnostic& diagnostic);

} // namespace imagewright::fleet
