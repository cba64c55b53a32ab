// SPDX-License-Identifier: MIT
#pragma once

// From the wishes of a storage section to a disk on which every offset and identifier is decided.

#include <map>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/storage_config.hpp>

namespace imagewright::plan {

/// What a layout depends on besides the storage section.
struct LayoutFacts {
  const model::Architecture& architecture;
  /// Features of each filesystem type, from the release profile.
  const std::map<std::string, std::vector<std::string>>& filesystem_features;
  /// Every UUID is derived from this text and the name of the thing that bears it.
  std::string seed;
};

/// What a verity device is told beside its partitions, in the words of
/// systemd-veritysetup-generator(8).
std::string verity_options(const model::VerityConfig& wish);

/// Throws base::InputError when the section does not describe a disk (config validation has caught
/// what can be seen in the file alone).
model::DiskLayout make_layout(const model::StorageConfig& storage, const LayoutFacts& facts);

/// The same disk with its last partition just large enough for `needed`, and the disk as large as
/// that asks for.
model::DiskLayout fit_last_partition(model::DiskLayout layout, base::ByteSize needed);

} // namespace imagewright::plan
