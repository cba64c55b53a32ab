// SPDX-License-Identifier: MIT
#pragma once

// Files out of packages that are not installed: nothing of them is run.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/install/install.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::install {

/// Content of files by their paths in the packages.
using PackagedFiles = std::map<std::string, std::string, std::less<>>;

/// Packages of repositories, and whose signatures count for them.
struct TrustedPackages {
  model::PackageSet packages;
  std::map<std::string, RepositoryTrust> trust; ///< as in InstallRequest
};

/// The regular files of some packages that are at or below one of the patterns
/// (base::is_at_or_below_pattern). What is compressed by gzip, xz or zstd, as the ends of names
/// say, is given plain and without that end. Packages without such files are not unpacked. A worker
/// does it. Throws base::Error (install.package-missing, install.package-corrupt, sandbox.…).
/// Nobody asks who signed them: for packages that the user chose.
PackagedFiles read_packaged_files(const std::vector<std::filesystem::path>& packages,
                                  const std::vector<std::string>& patterns,
                                  const base::Cancellation& cancellation);

/// Likewise, but only out of packages that are what they should be, as install_packages() verifies
/// them before it installs: throws the same errors.
PackagedFiles read_packaged_files(const TrustedPackages& packages,
                                  const std::vector<std::string>& patterns,
                                  const base::Cancellation& cancellation);

} // namespace imagewright::install
