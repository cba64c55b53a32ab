// SPDX-License-Identifier: MIT
#pragma once

// A manifest in the words in which an image is described: for whoever has it and not the image.

#include <string>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/inspect/description.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::audit {

/// For people; with `files` every file, one a line. `name` is of the manifest's file.
std::string describe(const Manifest& manifest, const std::string& name, inspect::FileListing files);

/// For programs: the members that a description of an image has, as far as the manifest knows them.
json::Value description_of(const Manifest& manifest, const std::string& name,
                           inspect::FileListing files);

} // namespace imagewright::audit
