// SPDX-License-Identifier: MIT
#include "disk/ext4/plan.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "disk/ext4/block_map.hpp"
#include "disk/ext4/handle.hpp"
#include "disk/ext4/inode.hpp"

namespace imagewright::disk {

namespace {

constexpr std::string_view k_lost_and_found = "/lost+found";
constexpr std::uint32_t k_root_inode = EXT2_ROOT_INO;
// So many symbolic link bytes fit into i_block, with a null byte.
constexpr std::size_t k_longest_fast_link = sizeof(InodeBlocks) - 1;

void number_inodes(Ext4Plan& plan, const tree::RootTree& tree) {
  plan.inode_numbers.assign(tree.inodes.size(), 0);
  const bool has_orphan_file =
      (plan.parameters.features.compatible & EXT4_FEATURE_COMPAT_ORPHAN_FILE) != 0;
  std::uint32_t next = k_lost_and_found_inode + (has_orphan_file ? 2 : 1);
  for (const tree::Entry& entry : tree.entries) {
    std::uint32_t& number = plan.inode_numbers.at(entry.inode);
    if (number != 0) continue;
    if (entry.path == "/") {
      number = k_root_inode;
    } else if (entry.path == k_lost_and_found &&
               tree.inodes[entry.inode].type == fs::FileType::directory) {
      number = k_lost_and_found_inode;
    } else {
      number = next++;
    }
  }
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

void check_name(std::string_view name, const std::string& path) {
  if (!name.empty() && name.size() <= EXT2_NAME_LEN) return;
  throw base::Error(base::FailureKind::build, "disk.name-unsupported",
                    name.empty()
                        ? fmt::format("a file at {} would have no name", base::quoted(path))
                        : fmt::format("the name of {} is too long for ext4", base::quoted(path)));
}

void check_flags(const tree::Inode& inode, const std::string& path) {
  const std::uint32_t flags = inode.flags & k_ext4_bound_flags;
  if (flags == 0) return;
  const char* what = (flags & EXT4_ENCRYPT_FL) != 0  ? "is encrypted"
                     : (flags & EXT4_VERITY_FL) != 0 ? "is protected by fs-verity"
                                                     : "has names in which letters have no case";
  throw base::Error(base::FailureKind::input, "disk.file-unsupported",
                    fmt::format("{} {} on the filesystem that it comes from, and would not be so "
                                "when it is written anew",
                                base::quoted(path), what),
                    "leave what is on that filesystem as it is, or remove the file");
}

/// Old inodes count seconds in 32 bits, and old maps of blocks end somewhere.
void check_storable(const Ext4Parameters& parameters, const tree::Inode& inode,
                    const std::string& path) {
  if (!can_store_time(inode.modified, parameters.inode_size)) {
    throw base::Error(base::FailureKind::input, "disk.file-unsupported",
                      fmt::format("{} was changed at a time that the filesystem, with inodes of {} "
                                  "bytes, cannot tell",
                                  base::quoted(path), parameters.inode_size),
                      "give the file a time before 2038");
  }
  if (inode.type == fs::FileType::symlink && inode.target.size() >= parameters.block_size) {
    throw base::Error(base::FailureKind::input, "disk.file-unsupported",
                      fmt::format("the link {} leads to a path of {} bytes, more than one block of "
                                  "this filesystem, of {}, holds",
                                  base::quoted(path), inode.target.size(),
                                  base::to_string(base::ByteSize(parameters.block_size))),
                      "make the link lead to a shorter path");
  }
  if (inode.type != fs::FileType::regular) return;
  const std::uint64_t most =
      uses_extents(parameters.features) ? UINT32_MAX : most_mapped_blocks(parameters.block_size);
  if ((inode.size + parameters.block_size - 1) / parameters.block_size <= most) return;
  throw base::Error(base::FailureKind::input, "disk.file-unsupported",
                    fmt::format("{} has {}, more than a file of this filesystem can have, whose "
                                "blocks have {}",
                                base::quoted(path), base::to_string(base::ByteSize(inode.size)),
                                base::to_string(base::ByteSize(parameters.block_size))),
                    "keep the file on another filesystem, or make it smaller");
}

void collect_directories(Ext4Plan& plan, const tree::RootTree& tree) {
  std::map<std::string_view, std::size_t> by_path;
  const auto add_directory = [&](std::string_view path, std::uint32_t number,
                                 std::ptrdiff_t inode) {
    const std::uint32_t parent =
        path == "/" ? k_root_inode : plan.directories[by_path.at(parent_of(path))].inode;
    by_path.emplace(path, plan.directories.size());
    plan.directories.push_back({.inode = number, .parent = parent});
    plan.directory_inodes.push_back(inode);
  };
  for (const tree::Entry& entry : tree.entries) {
    const tree::Inode& inode = tree.inodes[entry.inode];
    check_flags(inode, entry.path);
    const std::uint32_t number = plan.inode_numbers[entry.inode];
    if (inode.type == fs::FileType::directory) {
      add_directory(entry.path, number, static_cast<std::ptrdiff_t>(entry.inode));
    }
    if (entry.path == "/") continue;
    const std::string name = entry.path.substr(entry.path.rfind('/') + 1);
    check_name(name, entry.path);
    plan.directories[by_path.at(parent_of(entry.path))].names.push_back({name, number, inode.type});
  }
  if (tree.find(k_lost_and_found) == nullptr) {
    auto& names = plan.directories.front().names;
    const DirectoryName lost{std::string(k_lost_and_found.substr(1)), k_lost_and_found_inode,
                             fs::FileType::directory};
    names.insert(std::upper_bound(
                     names.begin(), names.end(), lost,
                     [](const auto& left, const auto& right) { return left.name < right.name; }),
                 lost);
    add_directory(k_lost_and_found, k_lost_and_found_inode, -1);
  }
}

/// A kernel adds these as soon as something needs them, and so does this.
void add_needed_features(Ext4Plan& plan, const tree::RootTree& tree) {
  Ext4Features& features = plan.parameters.features;
  for (const tree::Inode& inode : tree.inodes) {
    if (!inode.attributes.empty()) features.compatible |= EXT2_FEATURE_COMPAT_EXT_ATTR;
    if (inode.type == fs::FileType::regular && inode.size > INT32_MAX)
      features.read_only_compatible |= EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
  }
  for (const DirectoryContent& directory : plan.directories) {
    if (link_count_of(directory) > k_most_ext4_links)
      features.read_only_compatible |= EXT4_FEATURE_RO_COMPAT_DIR_NLINK;
  }
}

/// Blocks outside directories. Holes count as on the host: a run of zeros that becomes one only
/// makes it less.
std::uint64_t content_blocks(const Ext4Parameters& parameters, const tree::RootTree& tree) {
  const std::uint32_t block_size = parameters.block_size;
  const bool has_extents = uses_extents(parameters.features);
  const auto blocks_for = [&](std::uint64_t bytes) {
    return (bytes + block_size - 1) / block_size;
  };
  std::uint64_t blocks = 0;
  for (const tree::Inode& inode : tree.inodes) {
    blocks += attribute_blocks(inode, parameters.inode_size);
    if (inode.type == fs::FileType::symlink && inode.target.size() > k_longest_fast_link) ++blocks;
    if (inode.type != fs::FileType::regular) continue;
    const std::uint64_t data = blocks_for(inode.stored_size);
    if (!has_extents) {
      blocks += data + most_map_blocks(data, blocks_for(inode.size), block_size);
      continue;
    }
    // Every hole and every border between block groups may begin another extent.
    const std::uint64_t smallest =
        inode.holes == tree::Holes::as_stored ? block_size : tree::k_smallest_hole;
    const std::uint64_t holes = (inode.size - std::min(inode.size, inode.stored_size)) / smallest;
    const std::uint64_t extents = data / 4096 + std::min(holes, data) + 1;
    blocks += data + extent_node_count(extents, block_size);
  }
  return blocks;
}

std::uint64_t directory_blocks(const Ext4Handle& fs, const Ext4Plan& plan) {
  std::uint64_t blocks = 0;
  for (const DirectoryContent& directory : plan.directories) {
    const std::size_t minimum =
        directory.inode == k_lost_and_found_inode ? lost_and_found_blocks(fs.block_size()) : 1;
    const std::uint64_t data = make_directory(fs, directory, minimum).blocks.size();
    blocks += data;
    if (!uses_extents(plan.parameters.features))
      blocks += most_map_blocks(data, data, fs.block_size());
  }
  return blocks;
}

std::uint32_t inode_count_for(std::uint64_t block_count, const tree::RootTree& tree) {
  const std::uint64_t used = tree.inodes.size() + k_lost_and_found_inode + 1;
  // A filesystem that is full of inodes from the start is of no use: a quarter more than what is
  // needed.
  const std::uint64_t wanted =
      std::max<std::uint64_t>(usual_inode_count(block_count), used + used / 4);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, UINT32_MAX - 1));
}

/// A filesystem that is too small for a journal has none, as mke2fs makes it.
Ext4Features features_for(std::uint64_t block_count, const std::vector<std::string>& words) {
  Ext4Features features = ext4_features(words);
  if (block_count < k_fewest_blocks_with_journal) {
    constexpr std::uint32_t k_of_journals =
        EXT3_FEATURE_COMPAT_HAS_JOURNAL | EXT4_FEATURE_COMPAT_ORPHAN_FILE;
    features.compatible &= ~k_of_journals;
  }
  return features;
}

[[noreturn]] void throw_too_few_inodes(const FilesystemPlace& place, std::size_t need,
                                       std::uint32_t room) {
  throw base::Error(
      base::FailureKind::build, "disk.content-too-large",
      fmt::format("the content of partition {} ({}) has {} files, and its filesystem has room for "
                  "{} at most",
                  base::quoted(place.partition), place.mount_point, need, room),
      "install less, or make the filesystem with more inodes");
}

[[noreturn]] void throw_too_large(const FilesystemPlace& place, base::ByteSize size,
                                  base::ByteSize need, base::ByteSize room) {
  throw base::Error(
      base::FailureKind::build, "disk.content-too-large",
      fmt::format("the content of partition {} ({}) needs {}, and its filesystem of {} has {}",
                  base::quoted(place.partition), place.mount_point, base::to_string(need),
                  base::to_string(size), base::to_string(room)),
      fmt::format("make the partition at least {} larger, or install less",
                  base::to_string((need - room).rounded_up_to(base::ByteSize::mib(1)))));
}

} // namespace

std::size_t lost_and_found_blocks(std::uint32_t block_size) {
  constexpr std::uint32_t k_usual_bytes = 16'384;
  return std::min<std::size_t>(EXT2_NDIR_BLOCKS, k_usual_bytes / block_size);
}

Ext4Plan plan_ext4(const model::Partition& partition, const tree::RootTree& tree,
                   base::Epoch epoch) {
  const model::Filesystem& filesystem = *partition.filesystem;
  const std::uint64_t block_count = partition.size.bytes() / k_ext4_block_size;
  const Ext4Parameters parameters{.block_count = block_count,
                                  .inode_count = inode_count_for(block_count, tree),
                                  .features = features_for(block_count, filesystem.features),
                                  .uuid = filesystem.uuid,
                                  .label = filesystem.label,
                                  .epoch = epoch};
  return plan_ext4(parameters, {partition.id, filesystem.mount_point}, tree);
}

Ext4Plan plan_ext4(const Ext4Parameters& parameters, const FilesystemPlace& place,
                   const tree::RootTree& tree) {
  const std::uint64_t block_count = parameters.block_count;
  Ext4Plan plan{.parameters = parameters};
  if (tree.inodes.size() + k_lost_and_found_inode + 1 > parameters.inode_count)
    throw_too_few_inodes(place, tree.inodes.size(), parameters.inode_count);
  for (const tree::Entry& entry : tree.entries)
    check_storable(parameters, tree.inodes[entry.inode], entry.path);
  number_inodes(plan, tree);
  collect_directories(plan, tree);
  add_needed_features(plan, tree);
  // A rehearsal in memory tells exactly what the tables, the journal and the rest leave.
  const std::uint32_t block_size = parameters.block_size;
  MemoryDevice memory(block_count * block_size);
  try {
    const Ext4Handle fs = format_ext4(memory, plan.parameters);
    const std::uint64_t room = ext2fs_free_blocks_count(fs->super);
    // Content that meets another group's tables is cut there, which may cost an extent node.
    const std::uint64_t need = content_blocks(parameters, tree) + directory_blocks(fs, plan) + 4;
    if (need > room) {
      throw_too_large(place, base::ByteSize(block_count * block_size),
                      base::ByteSize(need * block_size), base::ByteSize(room * block_size));
    }
  } catch (base::Error& error) {
    error.add_context(fmt::format("while planning partition {} ({})", base::quoted(place.partition),
                                  place.mount_point));
    throw;
  }
  return plan;
}

} // namespace imagewright::disk
