// SPDX-License-Identifier: MIT
#pragma once

// What formats that tell of the system say about a finished disk beside its bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/uuid.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

/// Where the hashes of a verified filesystem are.
struct DescribedHashes {
  std::uint32_t partition = 0;
  std::string root_hash;    ///< hexadecimal
  std::uint64_t offset = 0; ///< of the superblock, in that partition

  bool operator==(const DescribedHashes&) const = default;
};

/// A filesystem that the system mounts.
struct DescribedFilesystem {
  std::uint32_t partition = 0;
  std::string mount_point;
  std::string type; ///< the kernel's word
  std::string uuid; ///< as blkid(8) prints it
  base::Uuid partition_type;
  std::optional<DescribedHashes> hashes;

  bool operator==(const DescribedFilesystem&) const = default;
};

/// What systemd-boot offers.
struct DescribedBootEntry {
  bool is_unified = false; ///< a unified kernel image, or a file of loader/entries
  std::string path;        ///< as the running system sees it
  std::string command_line;
  std::string kernel; ///< its release

  bool operator==(const DescribedBootEntry&) const = default;
};

struct DiskDescription {
  const Architecture* architecture = nullptr;
  std::string os_release; ///< the whole file
  base::Uuid id;          ///< of the image
  std::vector<DescribedFilesystem> filesystems;
  std::vector<Nevra> packages;                  ///< sorted
  std::vector<DescribedBootEntry> boot_entries; ///< of systemd-boot; empty: GRUB starts it

  bool operator==(const DiskDescription&) const = default;
};

} // namespace imagewright::model
