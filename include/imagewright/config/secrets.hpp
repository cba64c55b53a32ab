// SPDX-License-Identifier: MIT
#pragma once

// Config text as it may be shown to people.

#include <string>
#include <string_view>
#include <vector>

namespace imagewright::config {

/// The lines of a config with "********" where the language has secret values (passwords, keys of
/// SSH): such a value to the end of its line, and its further lines whole. Private keys are left
/// out wherever they stand. In a text that is no YAML the values of the keys `password` and `value`
/// count as secret.
std::vector<std::string> lines_without_secrets(std::string_view text);

} // namespace imagewright::config
