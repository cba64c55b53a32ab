// SPDX-License-Identifier: MIT
#pragma once

// How an output of a plan is written: the end of its name, and its compression.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// Of an output that a plan has accepted.
model::ImageFormat format_of(const model::OutputImage& output);

/// With the dot; of tar with that of the compression: ".qcow2", ".tar.zst", ".wsl".
std::string output_extension(const model::OutputImage& output);

/// The name of the file: that of `output.image.path`, else NAME-ARCH with the extension.
std::string file_name_of(const BuildPlan& plan, const model::OutputImage& output);

/// The names of what is published beside the images and about them: NAME-ARCH.manifest.json and the
/// like, and the list of digests.
std::vector<std::string> companion_names(const BuildPlan& plan);

/// Where files are published when the command line does not say: the directory of
/// `output.image.path`, else "out".
std::filesystem::path output_directory_of(const BuildPlan& plan);

/// What the outputs are for, each word once; empty: nothing in particular.
std::vector<std::string> platforms_of(const BuildPlan& plan);

image::Compression disk_compression_of(const model::OutputImage& output);
/// How hard a disk's file is compressed; absent: the format's default.
std::optional<std::int32_t> disk_level_of(const BuildPlan& plan, const model::OutputImage& output);
/// Of qcow2; absent: the default.
std::optional<std::uint64_t> cluster_size_of(const model::OutputImage& output);
archive::Compression archive_compression_of(const model::OutputImage& output);

} // namespace imagewright::plan
