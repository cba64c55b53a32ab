// SPDX-License-Identifier: MIT
#pragma once

// Packages that are not installed: each is chosen by itself, whatever it requires.

#include <vector>

#include <imagewright/resolve/resolution.hpp>

#include "package_pool.hpp"
#include "request_matcher.hpp"

namespace imagewright::resolve {

/// Of each name that a request of ResolveRequest::stored can mean, the package that the solver
/// would prefer: a pinned one, else that of the best repository, else the newest.
std::vector<StoredChoice> choose_stored(const PackagePool& pool,
                                        const std::vector<RequestMatch>& matches);

} // namespace imagewright::resolve
