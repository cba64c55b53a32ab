// SPDX-License-Identifier: MIT
#pragma once

// The hash tree by which dm-verity verifies a partition.

#include <cstdint>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/byte_source.hpp>

#include "disk/block_device.hpp"

namespace imagewright::disk {

/// The root hash of a tree of more than one block of data; `tree` begins with its superblock.
std::string verity_root_hash(const fs::ByteSource& tree, const std::string& salt);

struct VerityParameters {
  base::Uuid uuid;
  std::string salt; ///< at most 256 bytes
};

/// Writes superblock and tree for the whole of `data`, whose size is a multiple of 4 KiB. Returns
/// the root hash as lower-case hexadecimal text.
std::string write_verity_tree(const fs::ByteSource& data, BlockDevice& device,
                              const VerityParameters& parameters,
                              const base::Cancellation& cancellation);

} // namespace imagewright::disk
