// SPDX-License-Identifier: MIT
#pragma once

// Lists of packages that package managers leave in images of containers.

#include <map>
#include <string>
#include <string_view>

#include <imagewright/model/container_contents.hpp>

namespace imagewright::inspect {

/// Contents of the files of a root that list packages and name its distribution, by path.
using ListedFiles = std::map<std::string, std::string, std::less<>>;

/// Whether packages_in() has a use for the file.
bool lists_packages(std::string_view path);

/// Believes nothing: what cannot be read is told as unknown.
model::ContainerContents packages_in(const ListedFiles& files);

} // namespace imagewright::inspect
