// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include <imagewright/json/value.hpp>

namespace imagewright::audit {

inline constexpr std::string_view k_report_suffix = ".report.json";
inline constexpr std::string_view k_report_page_suffix = ".report.html";

/// Whether a published file tells of one run: such files differ where all others are the same.
inline bool tells_of_one_run(std::string_view file) {
  return file.ends_with(k_report_suffix) || file.ends_with(k_report_page_suffix);
}

/// The report of a build (NAME-ARCH.report.json, docs/reference.md) as a page for people, in one
/// file without scripts: every figure in it stands in the report. Throws base::Error
/// (json.unexpected-value) when it is no report.
std::string report_page(const json::Value& report);

} // namespace imagewright::audit
