// SPDX-License-Identifier: MIT
#include "disk/ext4/format.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

// mke2fs.conf(5): the usual share of blocks that only root may use.
constexpr std::uint64_t k_reserved_percent = 5;
constexpr std::uint8_t k_groups_per_flex_logarithm = 4;
constexpr std::uint16_t k_extra_inode_size = 32;
constexpr std::uint32_t k_hash_flags = EXT2_FLAGS_SIGNED_HASH | EXT2_FLAGS_UNSIGNED_HASH;

ext2_super_block initial_super_block(const Ext4Parameters& parameters) {
  ext2_super_block super{};
  ext2fs_blocks_count_set(&super, parameters.block_count);
  ext2fs_r_blocks_count_set(&super, parameters.block_count * k_reserved_percent / 100);
  super.s_rev_level = EXT2_DYNAMIC_REV;
  const auto logarithm =
      static_cast<std::uint32_t>(std::countr_zero(parameters.block_size / EXT2_MIN_BLOCK_SIZE));
  super.s_log_block_size = logarithm;
  super.s_log_cluster_size = logarithm;
  super.s_inode_size = parameters.inode_size;
  super.s_inodes_count = parameters.inode_count;
  super.s_feature_compat = parameters.features.compatible;
  super.s_feature_incompat = parameters.features.incompatible;
  super.s_feature_ro_compat = parameters.features.read_only_compatible;
  if ((super.s_feature_incompat & EXT4_FEATURE_INCOMPAT_FLEX_BG) != 0) {
    super.s_log_groups_per_flex = k_groups_per_flex_logarithm;
  }
  if (parameters.identity) {
    ext2_super_block known = parameters.identity->super;
    ext2fs_r_blocks_count_set(&super, ext2fs_r_blocks_count(&known));
    super.s_blocks_per_group = known.s_blocks_per_group;
    super.s_log_groups_per_flex = known.s_log_groups_per_flex;
    super.s_reserved_gdt_blocks = known.s_reserved_gdt_blocks;
    super.s_raid_stride = known.s_raid_stride;
    super.s_raid_stripe_width = known.s_raid_stripe_width;
  }
  return super;
}

/// A time for the library, to which 0 means "ask the clock".
time_t library_time(base::Epoch epoch) {
  return std::max<time_t>(1, epoch.time_since_epoch().count());
}

void set_identity(const Ext4Handle& fs, const Ext4Parameters& parameters) {
  ext2_super_block& super = fs.super();
  fs->now = library_time(parameters.epoch);
  const auto now = static_cast<std::uint32_t>(fs->now);
  super.s_mkfs_time = now;
  super.s_lastcheck = now;
  super.s_wtime = now;
  super.s_mtime = 0;
  std::copy(parameters.uuid.bytes.begin(), parameters.uuid.bytes.end(), &super.s_uuid[0]);
  std::copy_n(parameters.label.begin(),
              std::min(parameters.label.size(), sizeof super.s_volume_name),
              &super.s_volume_name[0]);
  const base::Uuid seed = base::Uuid::from_name(parameters.uuid.to_string(), "directory hash");
  static_assert(sizeof super.s_hash_seed == sizeof seed.bytes);
  std::copy(seed.bytes.begin(), seed.bytes.end(),
            reinterpret_cast<std::uint8_t*>(&super.s_hash_seed[0]));
  super.s_def_hash_version = EXT2_HASH_HALF_MD4;
  // Whether "char" is signed depends on the build host; the image must not.
  super.s_flags = EXT2_FLAGS_SIGNED_HASH;
  super.s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
  super.s_min_extra_isize = k_extra_inode_size;
  super.s_want_extra_isize = k_extra_inode_size;
  super.s_max_mnt_count = -1;
  super.s_checkinterval = 0;
  super.s_errors = EXT2_ERRORS_CONTINUE;
  super.s_creator_os = EXT2_OS_LINUX;
  if (ext2fs_has_feature_metadata_csum(&super)) super.s_checksum_type = EXT2_CRC32C_CHKSUM;
  ext2fs_init_csum_seed(fs.get());
  if (ext2fs_has_feature_csum_seed(&super)) super.s_checksum_seed = fs->csum_seed;
}

/// What somebody chose for the filesystem stays; what tells of its use starts anew.
void keep_identity(const Ext4Handle& fs, const ext2_super_block& known) {
  ext2_super_block& super = fs.super();
  std::ranges::copy(known.s_hash_seed, &super.s_hash_seed[0]);
  super.s_def_hash_version = known.s_def_hash_version;
  // Where it is not said a kernel decides by the host: what is made here is indexed as on most.
  const bool is_said = (known.s_flags & k_hash_flags) != 0;
  super.s_flags = is_said ? known.s_flags : known.s_flags | EXT2_FLAGS_SIGNED_HASH;
  super.s_default_mount_opts = known.s_default_mount_opts;
  std::ranges::copy(known.s_mount_opts, &super.s_mount_opts[0]);
  super.s_errors = known.s_errors;
  super.s_def_resuid = known.s_def_resuid;
  super.s_def_resgid = known.s_def_resgid;
  super.s_max_mnt_count = known.s_max_mnt_count;
  super.s_checkinterval = known.s_checkinterval;
  super.s_mkfs_time = known.s_mkfs_time;
  super.s_mkfs_time_hi = known.s_mkfs_time_hi;
  super.s_creator_os = known.s_creator_os;
  super.s_min_extra_isize = known.s_min_extra_isize;
  super.s_want_extra_isize = known.s_want_extra_isize;
  if (ext2fs_has_feature_csum_seed(&super)) {
    super.s_checksum_seed = known.s_checksum_seed;
    fs->csum_seed = known.s_checksum_seed;
  }
}

void reserve_inodes(const Ext4Handle& fs) {
  for (ext2_ino_t inode = EXT2_BAD_INO; inode <= k_lost_and_found_inode; ++inode) {
    const bool is_directory = inode == EXT2_ROOT_INO || inode == k_lost_and_found_inode;
    ext2fs_inode_alloc_stats2(fs.get(), inode, +1, is_directory ? 1 : 0);
  }
  fs.check(ext2fs_update_bb_inode(fs.get(), nullptr), "write the inode of bad blocks");
}

// The image is a sparse file: inode tables that nothing was written to are zeros, and the kernel
// need not zero them at the first mount.
void declare_tables_zeroed(const Ext4Handle& fs) {
  if (ext2fs_has_group_desc_csum(fs.get()) == 0) return;
  for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
    ext2fs_bg_flags_set(fs.get(), group, EXT2_BG_INODE_ZEROED);
    ext2fs_group_desc_csum_set(fs.get(), group);
  }
}

void add_journal(const Ext4Handle& fs, const Ext4Parameters& parameters) {
  if (!ext2fs_has_feature_journal(&fs.super())) return;
  ext2fs_journal_params journal{};
  fs.check(ext2fs_get_journal_params(&journal, fs.get()), "choose a size for the journal");
  if (parameters.identity && parameters.identity->journal_blocks != 0)
    journal.num_journal_blocks = static_cast<blk_t>(parameters.identity->journal_blocks);
  // The goal is the first block: content then follows the journal, and the end of the filesystem
  // stays empty.
  const blk64_t goal = fs->super->s_first_data_block;
  fs.check(ext2fs_add_journal_inode3(fs.get(), &journal, goal,
                                     EXT2_MKJOURNAL_LAZYINIT | EXT2_MKJOURNAL_NO_MNT_CHECK),
           "make the journal");
}

} // namespace

Ext4Handle format_ext4(BlockDevice& device, const Ext4Parameters& parameters) {
  Ext4Handle fs = Ext4Handle::create(device, initial_super_block(parameters));
  set_identity(fs, parameters);
  if (parameters.identity) keep_identity(fs, parameters.identity->super);
  fs.check(ext2fs_allocate_tables(fs.get()), "place the filesystem's tables");
  reserve_inodes(fs);
  if (ext2fs_has_feature_resize_inode(&fs.super())) {
    fs.check(ext2fs_create_resize_inode(fs.get()), "reserve room for growing");
  }
  add_journal(fs, parameters);
  if (ext2fs_has_feature_orphan_file(&fs.super())) {
    const auto blocks = static_cast<blk_t>(ext2fs_default_orphan_file_blocks(fs.get()));
    fs.check(ext2fs_create_orphan_file(fs.get(), blocks), "make the orphan file");
  }
  declare_tables_zeroed(fs);
  return fs;
}

std::uint32_t usual_inode_count(std::uint64_t block_count) {
  struct Ratio {
    std::uint64_t below; ///< sizes below this many bytes
    std::uint64_t bytes; ///< have one inode for so many
  };
  // mke2fs.conf(5): the types floppy, small, default, big and huge.
  constexpr std::uint64_t mebi = 1U << 20U;
  constexpr std::uint64_t tebi = std::uint64_t{1} << 40U;
  constexpr std::array ratios = {
      Ratio{3 * mebi, 8192},
      Ratio{512 * mebi, 4096},
      Ratio{4 * tebi, 16384},
      Ratio{16 * tebi, 32768},
      Ratio{std::numeric_limits<std::uint64_t>::max(), 65536},
  };
  const std::uint64_t size = block_count * k_ext4_block_size;
  const auto* ratio = std::find_if(ratios.begin(), ratios.end(),
                                   [&](const Ratio& each) { return size < each.below; });
  const std::uint64_t count = size / ratio->bytes;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX - 1));
}

} // namespace imagewright::disk
