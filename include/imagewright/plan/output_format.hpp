// SPDX-License-Identifier: MIT
#pragma once

// How an output of a plan is written: the end of its name, and its compression.

#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/output_config.hpp>

namespace imagewright::plan {

/// Of an output that a plan has accepted.
model::ImageFormat format_of(const model::OutputImage& output);

/// With the dot; of tar with that of the compression: ".qcow2", ".tar.zst", ".wsl".
std::string output_extension(const model::OutputImage& output);

image::Compression disk_compression_of(const model::OutputImage& output);
/// Of qcow2; absent: the default.
std::optional<std::uint64_t> cluster_size_of(const model::OutputImage& output);
archive::Compression archive_compression_of(const model::OutputImage& output);

} // namespace imagewright::plan
