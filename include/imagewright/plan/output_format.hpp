// SPDX-License-Identifier: MIT
#pragma once

// How an output of a plan is written: the end of its name, and its compression.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// The format of a disk that the end of a file's name tells, in lower case and with its dot:
/// ".raw", and ".img" too; nothing for what is no disk.
std::optional<model::ImageFormat> format_of_extension(std::string_view extension);

/// Of an output that a plan has accepted.
model::ImageFormat format_of(const model::OutputImage& output);

/// With the dot; of tar with that of the compression: ".qcow2", ".tar.zst", ".wsl".
std::string output_extension(const model::OutputImage& output);

/// NAME-ARCH, with which the names of files begin unless the config says another.
std::string image_name(const BuildPlan& plan);

/// The name of the file: that of `output.image.path`, else NAME-ARCH with the extension.
std::string file_name_of(const BuildPlan& plan, const model::OutputImage& output);

/// The names of what is published beside the images and tells of them.
std::vector<std::string> document_names_of(const BuildPlan& plan);
/// The name of what scripts leave behind as `file`, beside the image NAME-ARCH. A word between: no
/// script can take the name of a manifest or an image.
std::string script_file_name(const std::string& image, const std::string& file);

/// May a file of this name be published for the plan: an image, what tells of it, or what scripts
/// left behind?
bool is_name_of_output(const BuildPlan& plan, const std::string& name);

/// Throws base::InputError (pipeline.output-is-input) when a file that is to be written there is
/// one that the plan reads: the config, a file that it names, or `base`, which may be empty.
void refuse_overwritten_inputs(const BuildPlan& plan, const std::filesystem::path& directory,
                               const std::filesystem::path& base = {});

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
