// SPDX-License-Identifier: MIT
#pragma once

// What a command tells of the files that it has published.

#include <vector>

#include <imagewright/fs/publication.hpp>
#include <imagewright/json/value.hpp>

#include "console.hpp"

namespace imagewright::cli {

/// As docs/json.schema.json has it under "published-file".
json::Object json_of(const fs::PublishedFile& file);
json::Array json_of(const std::vector<fs::PublishedFile>& files);

/// A path a line, on standard output.
void print_paths(const Console& console, const std::vector<fs::PublishedFile>& files);

} // namespace imagewright::cli
