// SPDX-License-Identifier: MIT
#pragma once

// Process 1 of a sandbox. Tools that must not start services in a root that is only being made
// compare their root with that of process 1: it has another one, with nothing in it.

#include <sys/types.h>

namespace imagewright::sandbox {

/// Leaves everything that a program of the image could take from this process: its files, its
/// capabilities, its descriptors. Only then lets the programs look at it. All descriptors
/// are closed last, which tells the builder. Throws base::Error (sandbox.cannot-enter).
void become_empty();

/// Reaps what the builder leaves, until the builder itself has ended. A program of the image may
/// stop the builder, and then nobody would watch over it: it goes on, and where it is stopped again
/// and again, this comes back too.
void wait_for_builder(pid_t builder);

} // namespace imagewright::sandbox
