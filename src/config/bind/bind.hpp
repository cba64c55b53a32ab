// SPDX-License-Identifier: MIT
#pragma once

// Checked nodes as the model's types, section by section.

#include <optional>
#include <string_view>
#include <vector>

#include <imagewright/model/image_config.hpp>
#include <imagewright/model/release_profile.hpp>

#include "config/bind/reader.hpp"

namespace imagewright::config {

model::StorageConfig bind_storage(const Reader& reader);
model::OsConfig bind_os(const Reader& reader);
std::vector<model::GroupConfig> bind_groups(const Reader& os);
std::vector<model::UserConfig> bind_users(const Reader& os);
/// `additionalFiles` of `os`, `iso` or `pxe`, also in the map form of earlier versions.
std::vector<model::AdditionalFile> bind_additional_files(const Reader& owner);
std::vector<model::AdditionalDirectory> bind_additional_directories(const Reader& os);
std::vector<model::PathEdit> bind_edits(const Reader& os);
std::vector<model::ContainerImageConfig> bind_container_images(const Reader& os);
std::vector<model::LocatedText> bind_kernel_command_line(const Reader& owner);
std::vector<model::Repository> bind_repositories(const Reader& root);
model::InputConfig bind_input(const Reader& reader);
model::OutputConfig bind_output(const Reader& reader);
model::LiveMediumConfig bind_iso(const Reader& reader);
model::LiveMediumConfig bind_pxe(const Reader& reader);
model::ScriptsConfig bind_scripts(const Reader& reader);
std::vector<model::CheckRequest> bind_checks(const Reader& root);
model::NetworkConfig bind_network(const Reader& reader);
std::map<model::Platform, model::PlatformFacts> bind_platforms(const Reader& root);
/// Everything but package lists, base configs and the names of files.
model::ImageConfig bind_image_config(const Reader& root);
model::ReleaseProfile bind_release_profile(const Reader& root);

/// Requests of a list of packages; `origin` is the key's path, for people.
std::vector<model::PackageRequest> bind_packages(const Reader& owner, std::string_view name,
                                                 std::string_view origin);

} // namespace imagewright::config
