// SPDX-License-Identifier: MIT
#include "disk/ext4/identity.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "disk/ext4/journal.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint32_t k_smallest_block = EXT2_MIN_BLOCK_SIZE;
/// Of blocks of 4 KiB: what is larger no kernel with pages of that size mounts.
constexpr std::uint32_t k_most_written_logarithm = 2;
static_assert(k_smallest_block << k_most_written_logarithm == k_ext4_block_size);

struct NamedBit {
  std::uint32_t bit;
  std::string_view name;
};

// tune2fs(8) and Linux documentation, filesystems/ext4/super.rst: what cannot be written here.
constexpr std::array k_compatible_names = {
    NamedBit{EXT4_FEATURE_COMPAT_SPARSE_SUPER2, "sparse_super2"},
    NamedBit{EXT4_FEATURE_COMPAT_FAST_COMMIT, "fast_commit"},
    NamedBit{EXT4_FEATURE_COMPAT_STABLE_INODES, "stable_inodes"},
    NamedBit{EXT2_FEATURE_COMPAT_DIR_PREALLOC, "dir_prealloc"}};
constexpr std::array k_incompatible_names = {
    NamedBit{EXT2_FEATURE_INCOMPAT_META_BG, "meta_bg"},
    NamedBit{EXT4_FEATURE_INCOMPAT_MMP, "mmp"},
    NamedBit{EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode"},
    NamedBit{EXT4_FEATURE_INCOMPAT_LARGEDIR, "large_dir"},
    NamedBit{EXT4_FEATURE_INCOMPAT_INLINE_DATA, "inline_data"},
    NamedBit{EXT4_FEATURE_INCOMPAT_ENCRYPT, "encrypt"},
    NamedBit{EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold"},
    NamedBit{EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "journal_dev"}};
constexpr std::array k_read_only_names = {
    NamedBit{EXT4_FEATURE_RO_COMPAT_QUOTA, "quota"},
    NamedBit{EXT4_FEATURE_RO_COMPAT_PROJECT, "project"},
    NamedBit{EXT4_FEATURE_RO_COMPAT_BIGALLOC, "bigalloc"},
    NamedBit{EXT4_FEATURE_RO_COMPAT_VERITY, "verity"},
    NamedBit{EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS, "shared_blocks"}};

/// States of a filesystem that is in use, not ways to lay it out.
constexpr std::uint32_t k_state_incompatible = EXT3_FEATURE_INCOMPAT_RECOVER;
constexpr std::uint32_t k_state_read_only =
    EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT | EXT4_FEATURE_RO_COMPAT_READONLY;

template <std::size_t Count>
void add_names(std::uint32_t bits, const std::array<NamedBit, Count>& names,
               std::vector<std::string>& found) {
  for (const NamedBit& each : names) {
    if ((bits & each.bit) == 0) continue;
    found.push_back(fmt::format("the feature \"{}\"", each.name));
    bits &= ~each.bit;
  }
  if (bits != 0) found.push_back(fmt::format("a feature with no name here ({:#x})", bits));
}

/// Of blocks of 64 KiB, above 1024 bytes.
constexpr std::uint32_t k_largest_logarithm = 6;

/// In words; empty: everything can be written.
std::vector<std::string> obstacles(const ext2_super_block& super, const Ext4Features& features) {
  std::vector<std::string> found;
  if (super.s_rev_level != EXT2_DYNAMIC_REV)
    found.emplace_back("the format of before 1997, without features");
  if (super.s_log_block_size > k_most_written_logarithm)
    found.push_back(
        super.s_log_block_size <= k_largest_logarithm
            ? fmt::format("blocks of {} bytes", k_smallest_block << super.s_log_block_size)
            : "blocks of an impossible size");
  const std::uint32_t largest_inode = k_smallest_block
                                      << std::min(super.s_log_block_size, k_most_written_logarithm);
  if (!std::has_single_bit(super.s_inode_size) || super.s_inode_size < EXT2_GOOD_OLD_INODE_SIZE ||
      super.s_inode_size > largest_inode)
    found.push_back(fmt::format("inodes of {} bytes", super.s_inode_size));
  const Ext4Features& known = all_ext4_features();
  add_names(features.compatible & ~known.compatible, k_compatible_names, found);
  add_names(features.incompatible & ~known.incompatible, k_incompatible_names, found);
  add_names(features.read_only_compatible & ~known.read_only_compatible, k_read_only_names, found);
  const bool has_journal = (features.compatible & EXT3_FEATURE_COMPAT_HAS_JOURNAL) != 0;
  if (has_journal && super.s_journal_inum == 0) found.emplace_back("its journal on another device");
  return found;
}

Ext4Features features_of(const ext2_super_block& super) {
  return {.compatible = super.s_feature_compat,
          .incompatible = super.s_feature_incompat & ~k_state_incompatible,
          .read_only_compatible = super.s_feature_ro_compat & ~k_state_read_only};
}

std::uint64_t journal_blocks_of(const Ext4Handle& fs) {
  const ext2_super_block& super = fs.super();
  if (!ext2fs_has_feature_journal(&fs.super()) || super.s_journal_inum == 0) return 0;
  ext2_inode inode{};
  fs.check(ext2fs_read_inode(fs.get(), super.s_journal_inum, &inode), "read the journal's inode");
  return EXT2_I_SIZE(&inode) / fs->blocksize;
}

std::uint32_t block_size_of(const ext2_super_block& super) {
  return k_smallest_block << super.s_log_block_size;
}

/// What is before the first block belongs to no group.
std::uint64_t groups_of(const ext2_super_block& super, std::uint64_t blocks) {
  return (blocks - super.s_first_data_block + super.s_blocks_per_group - 1) /
         super.s_blocks_per_group;
}

/// resize2fs(8) keeps the same: inodes in a group, the share of what is reserved, and the blocks in
/// which descriptors of groups are or will be.
void grow(Ext4Identity& identity, std::uint64_t blocks, const Ext4Features& features) {
  ext2_super_block& super = identity.super;
  const std::uint64_t former = ext2fs_blocks_count(&super);
  if (former == 0 || blocks <= former) return;
  const bool has_wide_numbers = (features.incompatible & EXT4_FEATURE_INCOMPAT_64BIT) != 0;
  if (!has_wide_numbers) blocks = std::min<std::uint64_t>(blocks, UINT32_MAX);
  const std::uint64_t reserved = ext2fs_r_blocks_count(&super);
  const std::uint64_t descriptor =
      has_wide_numbers && super.s_desc_size != 0 ? super.s_desc_size : EXT2_MIN_DESC_SIZE;
  const auto descriptor_blocks = [&](std::uint64_t count) {
    return (groups_of(super, count) * descriptor + block_size_of(super) - 1) / block_size_of(super);
  };
  const std::uint64_t inodes =
      super.s_inodes_count / groups_of(super, former) * groups_of(super, blocks);
  super.s_inodes_count = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(inodes, super.s_inodes_count, UINT32_MAX));
  const std::uint64_t taken = descriptor_blocks(blocks) - descriptor_blocks(former);
  super.s_reserved_gdt_blocks -=
      static_cast<std::uint16_t>(std::min<std::uint64_t>(taken, super.s_reserved_gdt_blocks));
  ext2fs_blocks_count_set(&super, blocks);
  // Both have 32 bits where the filesystem grows to less than 16 TiB, as it does here.
  ext2fs_r_blocks_count_set(&super, std::min(reserved, former) * blocks / former);
}

/// mke2fs(8) makes no smaller ones.
constexpr std::uint32_t k_fewest_blocks_per_group = 256;

/// The library shifts and divides by these, and makes tables of these sizes.
void require_possible(const Ext4Identity& identity, base::ByteSize size) {
  const ext2_super_block& super = identity.super;
  ext2_super_block counted = super;
  const std::uint32_t block_size = block_size_of(super);
  const std::uint64_t blocks = ext2fs_blocks_count(&counted);
  const std::uint32_t first = block_size == k_smallest_block ? 1 : 0;
  const bool is_possible = super.s_first_data_block == first && blocks > first &&
                           blocks <= size.bytes() / block_size &&
                           identity.journal_blocks <= blocks && super.s_inodes_count > 0 &&
                           super.s_blocks_per_group >= k_fewest_blocks_per_group &&
                           super.s_blocks_per_group <= 8 * block_size &&
                           super.s_blocks_per_group % 8 == 0 && super.s_log_groups_per_flex < 32 &&
                           super.s_reserved_gdt_blocks <= block_size / sizeof(std::uint32_t);
  if (is_possible) return;
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    "the ext4 filesystem is damaged: its super block contradicts itself",
                    "run \"e2fsck -fn\" on it, and copy or make the image again");
}

} // namespace

std::string ext4_identity(const fs::ByteSource& original) {
  const ReplayedSource replayed(original);
  const Ext4Handle fs = Ext4Handle::open(replayed);
  const auto super = std::as_bytes(std::span(&fs.super(), 1));
  return sandbox::ByteWriter().number(journal_blocks_of(fs)).text(base::as_text(super)).take();
}

Ext4Parameters parameters_of(const RewrittenFilesystem& request) {
  sandbox::ByteReader reader(request.identity);
  Ext4Identity identity{.super = {}, .journal_blocks = reader.number()};
  const std::string bytes = reader.text();
  if (bytes.size() != sizeof identity.super || !reader.at_end())
    throw base::BugError("what an ext4 filesystem is has another size");
  std::memcpy(&identity.super, bytes.data(), bytes.size());
  const ext2_super_block& super = identity.super;
  const Ext4Features features = features_of(super);
  if (const auto found = obstacles(super, features); !found.empty()) {
    throw base::Error(
        base::FailureKind::input, "disk.rewrite-unsupported",
        fmt::format("the filesystem of partition {} ({}) would change, and cannot be written with "
                    "what it has: {}",
                    base::quoted(request.place.partition), request.place.mount_point,
                    base::join(found, ", ")),
        "leave what is on it as it is, or make the base image with another kind of filesystem");
  }
  require_possible(identity, request.size);
  const std::uint32_t block_size = block_size_of(super);
  if (request.filesystem_size == FilesystemSize::of_partition)
    grow(identity, request.size.bytes() / block_size, features);
  Ext4Parameters parameters{.block_size = block_size,
                            .block_count = ext2fs_blocks_count(&identity.super),
                            .inode_size = super.s_inode_size,
                            .inode_count = identity.super.s_inodes_count,
                            .features = features,
                            .epoch = request.epoch};
  std::copy_n(&super.s_uuid[0], parameters.uuid.bytes.size(), parameters.uuid.bytes.begin());
  const char* label = reinterpret_cast<const char*>(&super.s_volume_name[0]);
  parameters.label.assign(label, strnlen(label, sizeof super.s_volume_name));
  if (request.uuid) parameters.uuid = *request.uuid;
  parameters.identity = identity;
  return parameters;
}

} // namespace imagewright::disk
