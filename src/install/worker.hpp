// SPDX-License-Identifier: MIT
#pragma once

// The inside of an installation: everything for which librpm is used.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/install/install.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::install {

/// What comes out.
struct InsideResult {
  std::vector<model::Nevra> packages; ///< as read back, sorted
  std::vector<std::string> restored; ///< paths of packages that the sandbox's own mounts had hidden
  std::vector<model::KernelPackage> kernel_packages; ///< sorted
  std::vector<std::string> owned_identity_files;     ///< sorted
};

inline constexpr const char* k_transaction_job = "transaction";

/// The job: verifies, installs, restores what the sandbox hid, and reads the database back. Its
/// request is an InstallRequest, its one descriptor the directory of package copies, its messages
/// are events.
std::string install_inside(const sandbox::WorkerCall& call);

InsideResult decode_result(std::string_view bytes);

} // namespace imagewright::install
