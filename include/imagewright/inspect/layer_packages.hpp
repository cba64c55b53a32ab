// SPDX-License-Identifier: MIT
#pragma once

// The packages in the layers of an image of containers.

#include <span>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/model/container_contents.hpp>

namespace imagewright::inspect {

/// `layers` are descriptors of archives, the lowest first, which a worker reads that has nothing
/// else; `name` is the image's, for messages. What cannot be read makes the rest unknown. Throws
/// base::Error (archive.…, sandbox.worker-…).
model::ContainerContents read_layer_packages(std::span<const int> layers, const std::string& name,
                                             const base::Cancellation& cancellation);

} // namespace imagewright::inspect
