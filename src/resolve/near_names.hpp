// SPDX-License-Identifier: MIT
#pragma once

// What the repositories have that is near to a name which means nothing.

#include <string>
#include <vector>

#include "package_pool.hpp"

namespace imagewright::resolve {

/// The part of a request that names something: without a version comparison or an architecture.
std::string name_part(const std::string& spec);

/// Versions of the packages of that name; sorted.
std::vector<std::string> versions_of(const PackagePool& pool, const std::string& name);

/// A hint with names of packages and capabilities that are near; empty when none is.
std::string hint_of_near_names(const PackagePool& pool, const std::string& name);

} // namespace imagewright::resolve
