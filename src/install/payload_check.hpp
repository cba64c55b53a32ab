// SPDX-License-Identifier: MIT
#pragma once

// Compares the payloads of all packages with the digests in their (signed) headers, in
// parallel.

#include <vector>

#include <imagewright/model/package.hpp>

#include "package_files.hpp"
#include "signature_check.hpp"

namespace imagewright::install {

/// Throws base::Error (install.package-corrupt). A header without such a digest is fine: it has one
/// for each file, which librpm compares when it unpacks.
void check_payloads(const std::vector<CheckedPackage>& packages, const model::PackageSet& set,
                    const PackageFiles& files, unsigned thread_count);

} // namespace imagewright::install
