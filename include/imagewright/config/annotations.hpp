// SPDX-License-Identifier: MIT
#pragma once

// Diagnostics for machines that show them beside the lines at fault.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::config {

/// A SARIF 2.1.0 log with one run. Relative paths stay relative; columns count characters.
json::Value to_sarif(const std::vector<base::Diagnostic>& diagnostics,
                     std::string_view tool_version);

/// Workflow commands (`::error file=…,line=…::…`), one a line. Nothing in a diagnostic can end a
/// command early.
std::string to_github_annotations(const std::vector<base::Diagnostic>& diagnostics);

} // namespace imagewright::config
