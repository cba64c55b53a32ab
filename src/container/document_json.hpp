// SPDX-License-Identifier: MIT
#pragma once

// From JSON to what is in it; for the worker alone.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/json/value.hpp>

#include "container/documents.hpp"

namespace imagewright::container {

// Each throws container.damaged or container.unsupported; `where` is what has the document.
json::Value parse_document(std::string_view text, const std::string& where);
std::vector<Descriptor> index_in(const json::Value& document, const std::string& where);
Manifest manifest_in(const json::Value& document, const std::string& where);
Settings settings_in(const json::Value& document, const std::string& where);
std::vector<ArchiveEntry> archive_entries_in(const json::Value& document);

} // namespace imagewright::container
