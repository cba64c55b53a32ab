// SPDX-License-Identifier: MIT
#pragma once

// Reads the headers of all packages, each only when it is signed by somebody whom its repository
// trusts.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/install/install.hpp>

#include "package_files.hpp"
#include "rpm_handles.hpp"
#include "rpm_log.hpp"

namespace imagewright::install {

/// A package whose header can be believed.
struct CheckedPackage {
  HeaderOwner header;
  std::uint64_t payload_offset = 0;
};

/// The headers in the order of the set. Throws base::Error of FailureKind::verification:
/// install.package-unsigned, install.signature-bad, install.unknown-key, install.package-corrupt,
/// install.package-mismatch, install.bad-key.
std::vector<CheckedPackage> check_signatures(rpmts transaction, const InstallRequest& request,
                                             const PackageFiles& files, RpmLog& log);

/// What to do about a package file that is damaged, wherever it stands.
std::string remedy_for_damage(const model::PackageFile& file);

} // namespace imagewright::install
