// SPDX-License-Identifier: MIT
#pragma once

// Asks another process about system calls that a user namespace would refuse, or answer wrongly.

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

/// From now on this process and all that it starts wait for the answer of whoever holds the
/// listener, at each call about owners, device nodes and the metadata of files. Throws base::Error
/// (sandbox.cannot-enter).
fs::UniqueFd filter_metadata_calls();

/// Hands a descriptor over a socket. Throws base::Error.
void send_descriptor(int socket, const fs::UniqueFd& descriptor);

/// The descriptor that comes over the socket; none when the other side is gone.
fs::UniqueFd receive_descriptor(int socket);

} // namespace imagewright::sandbox
