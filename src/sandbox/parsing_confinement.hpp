// SPDX-License-Identifier: MIT
#pragma once

// A worker that reads what strangers made: it computes over its descriptors, and that is all.

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::sandbox {

/// Sets the limits and takes away files, network, processes and capabilities from this process, for
/// the rest of its life. What the host does not have (a filter, namespaces) is left out as long as
/// the filter or the namespaces are there. Throws base::Error (sandbox.cannot-enter) otherwise.
void confine_for_parsing(const WorkerLimits& limits);

} // namespace imagewright::sandbox
