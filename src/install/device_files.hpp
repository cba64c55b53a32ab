// SPDX-License-Identifier: MIT
#pragma once

// Device files and FIFOs of packages. librpm opens every file that it unpacks, and nobody may open
// a device of the image while it is made, nor wait at a FIFO: so librpm leaves them out, and they
// are made afterwards.

#include <string>
#include <vector>

#include <rpm/rpmfiles.h>

#include <imagewright/fs/root_dir.hpp>

#include "rpm_handles.hpp"
#include "signature_check.hpp"

namespace imagewright::install {

/// What librpm shall leave out of one package. Borrowed by librpm while the package is added.
class DeviceExclusions {
public:
  explicit DeviceExclusions(Header header);
  /// For rpmtsAddInstallElement; null when the package has no device files.
  rpmRelocation* list();

private:
  std::vector<std::string> paths_;
  std::vector<rpmRelocation> relocations_;
};

/// Makes the device files of all packages with the owners, modes and times that the packages state.
/// To be called after the transaction, when the image knows its users. Throws base::Error
/// (install.unpack-failed).
void make_device_files(const std::vector<CheckedPackage>& packages, const fs::RootDir& image);

} // namespace imagewright::install
