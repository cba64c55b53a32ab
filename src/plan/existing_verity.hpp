// SPDX-License-Identifier: MIT
#pragma once

// Verity on partitions that a base has already.

#include <string>
#include <vector>

#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/policy/system_policy.hpp>

namespace imagewright::plan {

/// Adds what `storage.verity` says of partitions of the base to its layout. Identifiers and salts
/// are derived from `seed`. Throws base::InputError (customize.no-partition,
/// customize.verity-partition).
void add_existing_verity(const model::StorageConfig& storage, const BaseFacts& facts,
                         const std::string& seed, model::DiskLayout& layout);

/// The arguments by which a kernel finds what is verified from now on; a verified root is another
/// one than it was.
std::vector<model::KernelArgument> verity_arguments(const model::SystemPolicy& policy,
                                                    const model::DiskLayout& layout);

} // namespace imagewright::plan
