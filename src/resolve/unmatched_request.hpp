// SPDX-License-Identifier: MIT
#pragma once

// Why nothing in the repositories is meant by a request.

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/package.hpp>

#include "package_pool.hpp"

namespace imagewright::resolve {

/// resolve.no-such-package, or resolve.excluded when packages that may not be used would do.
base::Diagnostic explain_unmatched(const PackagePool& pool, const model::PackageRequest& request);

} // namespace imagewright::resolve
