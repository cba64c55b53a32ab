// SPDX-License-Identifier: MIT
#pragma once

// Private copies of the package files: what is verified is what is installed, whatever becomes of
// the files where they came from.

#include <filesystem>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::install {

/// A directory that nobody else knows, with one file for each package; gone with its owner.
class PackageCopies {
public:
  /// Copies each file and compares what was copied with its checksum. Throws base::Error
  /// (install.package-missing, install.package-corrupt) and base::Cancelled.
  PackageCopies(const model::PackageSet& packages, const std::filesystem::path& parent,
                const base::Cancellation& cancellation);

  const std::filesystem::path& path() const { return directory_.path(); }

private:
  fs::TemporaryDirectory directory_;
};

/// The name of a package's copy, by its place in the set.
std::string copy_name(std::size_t index);

} // namespace imagewright::install
