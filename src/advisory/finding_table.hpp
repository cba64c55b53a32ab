// SPDX-License-Identifier: MIT
#pragma once

// Findings as lines, rows and objects: what reports and deltas share.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/advisory/evaluate.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::advisory {

/// "CVE-2024-1 high openssl 3.3.0-1 → 3.3.2-1", a line each, under a heading with their number.
std::string lines_of(std::string_view heading, const std::vector<Finding>& findings);

/// A Markdown table under a heading; only the heading's line and "None." when there is none.
std::string table_of(std::string_view heading, const std::vector<Finding>& findings);

json::Value to_json(const Finding& finding);
json::Value to_json(const std::vector<Finding>& findings);

/// What can be done about it.
std::string remedy_of(const Finding& finding);
/// Kind, file and time of a feed.
std::string feed_line(const Feed& feed);
/// How many packages of a delta have no known source; empty when none.
std::string unknown_sentence(std::size_t before, std::size_t after);

/// Those of one status, in their order.
std::vector<Finding> with_status(const Verdict& verdict, Status status);

} // namespace imagewright::advisory
