// SPDX-License-Identifier: MIT
#pragma once

// What the worker that reads a file is asked, and the report that it answers, as bytes.

#include <string>
#include <string_view>

#include <imagewright/lint/lint.hpp>

namespace imagewright::lint {

/// Without the file, which is a descriptor.
std::string encode(const LintRequest& request);
LintRequest decode_lint_request(std::string_view bytes);

std::string encode(const LintReport& report);
/// Rules that are none of the table are no answer; what they say is taken from the table. Throws
/// base::BugError for bytes that are no report.
LintReport decode_lint_report(std::string_view bytes, std::string file);

} // namespace imagewright::lint
