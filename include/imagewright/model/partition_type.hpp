// SPDX-License-Identifier: MIT
#pragma once

// GPT partition types.

#include <imagewright/base/uuid.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/storage_config.hpp>

namespace imagewright::model {

/// The type GUID of a kind of partition (Discoverable Partitions Specification; UEFI 2.10,
/// table 5.7; for the BIOS boot partition GRUB's manual, section 3.4). PartitionKind::other has
/// none of its own and throws base::BugError.
base::Uuid partition_type(PartitionKind kind, const Architecture& architecture);

} // namespace imagewright::model
