// SPDX-License-Identifier: MIT
#pragma once

// The first process of a sandbox: it reaps, and ends everything when there are too many.

#include <cstddef>

#include <sys/types.h>

namespace imagewright::sandbox {

/// More than any package or initramfs needs, and few enough that the host stays usable. A limit of
/// the kernel would do for ordinary users alone: root is exempt from RLIMIT_NPROC.
constexpr std::size_t k_most_processes = 4096;

/// Reaps whatever is orphaned until the worker has ended, and gives its status; -1 when there is no
/// such process. /proc must be the sandbox's own and SIGCHLD blocked. Throws base::Error
/// (sandbox.too-many-processes).
int wait_for_worker(pid_t worker);

} // namespace imagewright::sandbox
