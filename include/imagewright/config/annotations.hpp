// SPDX-License-Identifier: MIT
#pragma once

// Diagnostics for machines that show them beside the lines at fault.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::config {

/// What a log says of the program that wrote it.
struct SarifTool {
  std::string_view version;
  /// The Markdown page of a code ("# code", paragraphs, "**What to do.** ..."); empty for none.
  std::function<std::string_view(std::string_view code)> page_of;
  /// Where the pages are published, with "/" at its end; empty for nowhere.
  std::string_view pages_url;
};

/// A SARIF 2.1.0 log with one run. Rules carry the texts of their pages. Relative paths stay
/// relative; columns count characters.
json::Value to_sarif(const std::vector<base::Diagnostic>& diagnostics, const SarifTool& tool);

/// Workflow commands (`::error file=…,line=…::…`), one a line. Nothing in a diagnostic can end a
/// command early.
std::string to_github_annotations(const std::vector<base::Diagnostic>& diagnostics);

/// The report that GitLab shows beside the lines of a merge request (code quality). What is about
/// no file is told of `file`. A finding keeps its fingerprint when lines move.
json::Value to_gitlab_report(const std::vector<base::Diagnostic>& diagnostics,
                             std::string_view file);

} // namespace imagewright::config
