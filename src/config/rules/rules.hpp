// SPDX-License-Identifier: MIT
#pragma once

// Rules that look at more than one value. Each function yields what it finds wrong.

#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/release_profile.hpp>

#include "config/document.hpp"

namespace imagewright::config {

/// Where filesystems and subvolumes are mounted, in the order of the config.
std::vector<const model::MountPointConfig*> mounts_of(const model::StorageConfig& storage);

/// Rules of one file; sections that have errors already are left out.
base::Diagnostics check_file_rules(const model::ImageConfig& own, const CheckedDocument& document);
/// A file that lays out the disk of an existing image sets up its boot loader too. Not for configs
/// with a release, which are composed from packages: there the boot loader is always set up.
base::Diagnostics check_boot_loader_reset(const model::ImageConfig& own);
/// Rules of a config together with everything that it builds on.
base::Diagnostics check_whole_config(const model::ImageConfig& config);
/// Whether services could keep state where "/" is read-only.
base::Diagnostics check_writable_var(const model::ImageConfig& config);
/// Do the files exist that one config names?
base::Diagnostics check_named_files(const model::ImageConfig& own);
base::Diagnostics check_release_rules(const model::ReleaseProfile& profile,
                                      const CheckedDocument& document);

base::Diagnostics check_disk(const model::DiskConfig& disk);
base::Diagnostics check_storage(const model::StorageConfig& storage);
base::Diagnostics check_storage_references(const model::StorageConfig& storage);
base::Diagnostics check_filesystems(const model::StorageConfig& storage);
base::Diagnostics check_verity(const model::StorageConfig& storage);
base::Diagnostics check_os(const model::OsConfig& os, const CheckedDocument& document);
base::Diagnostics check_accounts(const model::OsConfig& os);
base::Diagnostics check_uki(const model::OsConfig& os, const model::StorageConfig& storage);
base::Diagnostics check_outputs(const model::ImageConfig& own, const CheckedDocument& document);
base::Diagnostics check_network(const model::NetworkConfig& network);
base::Diagnostics check_edits(const CheckedDocument& document);
base::Diagnostics check_overlays(const model::OsConfig& os);
/// By what the config itself mounts: of a base nothing is known here.
base::Diagnostics check_overlay_places(const model::ImageConfig& config);
base::Diagnostics check_repositories(const std::vector<model::Repository>& repositories);

} // namespace imagewright::config
