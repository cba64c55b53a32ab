// SPDX-License-Identifier: MIT
#pragma once

// From the host's files to the image's: everything that the builder inside does before others
// exist.

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::sandbox {

/// What has to stay open in the builder.
struct Entered {
  fs::UniqueFd bare_root;      ///< the root without mounts over it
  fs::UniqueFd binary_formats; ///< keeps the emulator registered
};

/// Puts a read-only view in the place of each descriptor of a file or directory, so that whoever
/// gets at it cannot open it anew for writing. In the builder, while the host's files are in
/// sight. Throws base::Error.
void protect_descriptors(int first, std::uint64_t count);

/// Makes the root "/" of this process, which has mounts of its own. Throws
/// base::Error.
Entered enter(const SandboxOptions& options);

} // namespace imagewright::sandbox
