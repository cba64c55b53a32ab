// SPDX-License-Identifier: MIT
#pragma once

// The builder of a sandbox: it reaps, ends everything when there are too many processes or they
// have too much memory, and notices when one is killed.

#include <cstddef>

#include <sys/types.h>

namespace imagewright::sandbox {

/// Processes and threads: more than any package or initramfs needs, and few enough that the host
/// stays usable.
constexpr std::size_t k_most_processes = 2048;

/// What the kernel allows: so much more that it is the watch that says why everything ends. A bomb
/// whose forks fail thins out again, and on a busy machine the watch may look no sooner than then.
constexpr std::size_t k_process_limit = 4608;

/// Reaps whatever is orphaned until the worker has ended, and gives its status; -1 when there is no
/// such process. /proc must be the sandbox's own and SIGCHLD blocked. Throws base::Error
/// (sandbox.too-many-processes, sandbox.process-killed, sandbox.out-of-memory): another process of
/// the sandbox crashed or was killed, which its parent may have ignored. Children of a worker that
/// runs our own code are its own to judge: it knows which of them may fail. The worker and the
/// `clerk` (0: there is none) go on when somebody stops them; where that does not end, they are
/// killed.
int wait_for_worker(pid_t worker, pid_t clerk);

} // namespace imagewright::sandbox
