// SPDX-License-Identifier: MIT
#pragma once

// The config language, told to editors and to people. Both texts come from the table that the
// checks use.

#include <string>

#include <imagewright/json/value.hpp>

namespace imagewright::config {

/// JSON Schema (draft 2020-12) of image configs. Old spellings are marked as deprecated.
json::Value json_schema();

/// The same of lists of files to put back (inject-files.yaml).
json::Value inject_files_schema();

/// The same of release profiles, and of package lists.
json::Value release_profile_schema();
json::Value package_list_schema();

/// The reference page of image configs, package lists, lists of files to put back and release
/// profiles, in Markdown
/// (docs/config-reference.md).
std::string reference_markdown();

} // namespace imagewright::config
