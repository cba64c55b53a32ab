// SPDX-License-Identifier: MIT
#pragma once

// From the host's files to the image's: everything that the first process inside does before others
// exist.

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::sandbox {

/// What has to stay open in the first process.
struct Entered {
  fs::UniqueFd bare_root;      ///< the root without mounts over it
  fs::UniqueFd binary_formats; ///< keeps the emulator registered
};

/// Makes the root "/" of this process, which is the first one of new namespaces. Throws
/// base::Error.
Entered enter(const SandboxOptions& options);

} // namespace imagewright::sandbox
