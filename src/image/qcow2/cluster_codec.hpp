// SPDX-License-Identifier: MIT
#pragma once

// Compressed clusters of qcow2 (QEMU, docs/interop/qcow2.txt, "Compressed Clusters Descriptor").

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <imagewright/image/write_artifacts.hpp>

namespace imagewright::image {

/// Compresses one cluster; gives nothing back (empty) when that does not make it smaller. Without a
/// level the algorithm's own default is taken.
std::vector<std::byte> compress_cluster(std::span<const std::byte> cluster, Compression compression,
                                        std::optional<std::int32_t> level);

/// Expands into exactly `cluster.size()` bytes. The input may be longer than the compressed data.
/// False when it is damaged.
bool expand_cluster(std::span<const std::byte> compressed, Compression compression,
                    std::span<std::byte> cluster);

} // namespace imagewright::image
