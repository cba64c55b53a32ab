// SPDX-License-Identifier: MIT
#pragma once

// A worker that reads what strangers made: it computes over its descriptors, and that is all.

#include <cstdint>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::sandbox {

/// What a library in a worker may open by its name.
enum class Naming : std::uint8_t { none, given };

/// Sets the limits and takes away files, network, processes and capabilities from this process, for
/// the rest of its life. What the host does not have (a filter, namespaces) is left out as long as
/// the filter or the namespaces are there. Throws base::Error (sandbox.cannot-enter) otherwise.
/// With given names, calls that name a file are answered by give_names, which was called before.
void confine_for_parsing(const WorkerLimits& limits, Naming naming);

} // namespace imagewright::sandbox
