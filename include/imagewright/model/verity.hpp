// SPDX-License-Identifier: MIT
#pragma once

// How a system is told the root hash of a verity device, which is known only when the filesystem
// has been written.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <imagewright/model/layout.hpp>

namespace imagewright::model {

/// As long as a root hash, and found nowhere else: it stands in the kernel command line until the
/// hash is known.
std::string root_hash_placeholder(const VerityDevice& device);

/// Between the word and its value in the options of a device.
inline constexpr const char* k_hash_signature_option = "root-hash-signature=";

/// By the name of a verity device.
using RootHashes = std::map<std::string, std::string, std::less<>>;

/// The placeholders of a layout.
RootHashes root_hash_placeholders(const DiskLayout& layout);

/// The text with the hashes in place of their placeholders.
std::string with_root_hashes(std::string text, const DiskLayout& layout, const RootHashes& hashes);

/// The kernel argument that takes the root hash: "roothash" or "usrhash".
std::string root_hash_argument(const VerityDevice& device);

/// Where in the image the signature of the root hash lies ("/boot/root.hash"), as the options of
/// the device say; nothing: it is not signed.
std::optional<std::string> hash_signature_path(const VerityDevice& device);

/// Where on its partition the superblock is, as the options of the device say: behind the data, or
/// 0.
std::uint64_t hash_offset(const VerityDevice& device);

/// What superblock and hash tree of so many bytes take, with blocks of 4 KiB and SHA-256.
base::ByteSize verity_tree_size(base::ByteSize data_size);

/// Whether the hashes lie behind the data on the same partition.
bool is_inline(const VerityDevice& device);

/// How much of a partition that holds its own hashes its data take: whole MiB, 0 when there is no
/// room for both. The superblock follows.
base::ByteSize inline_data_size(base::ByteSize partition_size);

/// Whether what is mounted at this path is verified, and so cannot change any more.
bool is_verified(const DiskLayout& layout, const std::string& mount_point);

} // namespace imagewright::model
