// SPDX-License-Identifier: MIT
#pragma once

// The solver's choice as plain values.

#include <vector>

#include <imagewright/model/package.hpp>
#include <imagewright/resolve/resolution.hpp>

#include "package_pool.hpp"
#include "request_matcher.hpp"

namespace imagewright::resolve {

/// What a lock needs to know of a package. Throws base::Error (resolve.weak-checksum,
/// resolve.metadata-unreadable).
model::LockedPackage locked_package(const PackagePool& pool, Id package);

/// `chosen` are packages of the pool; `matches` belong to the requests of the pool's question, in
/// their order.
Resolution build_resolution(const PackagePool& pool, const std::vector<Id>& chosen,
                            const std::vector<RequestMatch>& matches);

} // namespace imagewright::resolve
