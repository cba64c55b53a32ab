// SPDX-License-Identifier: MIT
#include "disk/ext4/writer.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "disk/ext4/block_map.hpp"
#include "disk/ext4/extents.hpp"
#include "disk/ext4/file_content.hpp"
#include "disk/ext4/inode.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

class Ext4Writer {
public:
  Ext4Writer(BlockDevice& device, const Ext4Plan& plan, const tree::RootTree& tree,
             const base::Cancellation& cancellation)
      : plan_(plan), tree_(tree), cancellation_(cancellation),
        fs_(format_ext4(device, plan.parameters)), allocator_(fs_),
        copier_(device, allocator_, fs_.block_size(), cancellation), contents_(tree) {}

  base::ByteSize run(const FileObserver& observe) {
    reserve_inodes();
    for (std::size_t index = 0; index < plan_.directories.size(); ++index) {
      cancellation_.check();
      write_directory(plan_.directories[index], plan_.directory_inodes[index]);
    }
    for (std::size_t index = 0; index < tree_.inodes.size(); ++index) {
      cancellation_.check();
      const tree::Inode& inode = tree_.inodes[index];
      if (inode.type == fs::FileType::directory) continue;
      write_file(inode, plan_.inode_numbers[index]);
      if (inode.type == fs::FileType::regular) observe(inode.size, inode.content);
    }
    const std::uint64_t used =
        ext2fs_blocks_count(fs_->super) - ext2fs_free_blocks_count(fs_->super);
    const std::uint32_t block_size = fs_.block_size();
    fs_.close();
    return base::ByteSize(used * block_size);
  }

private:
  void reserve_inodes() {
    for (std::size_t index = 0; index < tree_.inodes.size(); ++index) {
      const std::uint32_t number = plan_.inode_numbers[index];
      if (number <= k_lost_and_found_inode) continue;
      const bool is_directory = tree_.inodes[index].type == fs::FileType::directory;
      ext2fs_inode_alloc_stats2(fs_.get(), number, +1, is_directory ? 1 : 0);
    }
  }

  /// The tree's inode, or what stands in for a missing lost+found.
  tree::Inode directory_inode(std::ptrdiff_t index) const {
    if (index >= 0) return tree_.inodes.at(static_cast<std::size_t>(index));
    tree::Inode inode;
    inode.type = fs::FileType::directory;
    inode.permissions = 0700;
    inode.modified = plan_.parameters.epoch;
    // It is labelled like the root: a filesystem with labels has no unlabelled directory.
    for (const auto& attribute : tree_.inodes.front().attributes) {
      if (attribute.name == "security.selinux") inode.attributes.push_back(attribute);
    }
    return inode;
  }

  void write_directory(const DirectoryContent& content, std::ptrdiff_t inode_index) {
    const std::size_t minimum =
        content.inode == k_lost_and_found_inode ? lost_and_found_blocks(fs_.block_size()) : 1;
    DirectoryBlocks made = make_directory(fs_, content, minimum);
    const std::size_t links = link_count_of(content);
    InodePlacement placement{.number = content.inode,
                             .link_count =
                                 links > k_most_ext4_links ? 1 : static_cast<std::uint32_t>(links),
                             .size = made.blocks.size() * fs_.block_size(),
                             .flags = made.is_indexed ? std::uint32_t{EXT2_INDEX_FL} : 0U};
    std::vector<FileExtent> extents;
    std::vector<std::uint64_t> places;
    for (const BlockRun& run : allocator_.allocate(made.blocks.size())) {
      append_run(extents, places.size(), run);
      for (std::uint64_t block = 0; block < run.count; ++block)
        places.push_back(run.start + block);
    }
    place(directory_inode(inode_index), placement, extents, made.blocks.size());
    for (std::size_t block = 0; block < made.blocks.size(); ++block) {
      fs_.check(ext2fs_write_dir_block4(fs_.get(), places[block], made.blocks[block].data(), 0,
                                        content.inode),
                "write a directory");
    }
  }

  void write_file(const tree::Inode& inode, std::uint32_t number) {
    InodePlacement placement{.number = number, .link_count = inode.name_count};
    switch (inode.type) {
    case fs::FileType::regular:
      write_content(inode, placement);
      return;
    case fs::FileType::symlink:
      write_link(inode, placement);
      return;
    case fs::FileType::character_device:
    case fs::FileType::block_device:
      placement.blocks = device_blocks(inode.device);
      break;
    case fs::FileType::fifo:
    case fs::FileType::socket:
    case fs::FileType::directory:
      break;
    }
    write_inode(fs_, inode, placement, plan_.parameters.epoch);
  }

  void write_content(const tree::Inode& inode, InodePlacement placement) {
    placement.size = inode.size;
    PlacedContent placed;
    if (inode.size > 0) placed = copier_.copy(contents_.open_content(inode), inode);
    place(inode, placement, placed.extents, placed.block_count);
  }

  void write_link(const tree::Inode& inode, InodePlacement placement) {
    placement.size = inode.target.size();
    // With the null byte that the kernel adds.
    if (inode.target.size() < placement.blocks.size()) {
      put_text(placement.blocks, 0, inode.target);
      write_inode(fs_, inode, placement, plan_.parameters.epoch);
      return;
    }
    Bytes block(fs_.block_size());
    put_text(block, 0, inode.target);
    const std::uint64_t place_of_target = allocator_.allocate_one();
    fs_.check(io_channel_write_blk64(fs_->io, place_of_target, 1, block.data()),
              "write a symbolic link");
    place(inode, placement, {{0, place_of_target, 1}}, 1);
  }

  /// Writes the inode of something that has blocks.
  void place(const tree::Inode& inode, InodePlacement placement,
             const std::vector<FileExtent>& extents, std::uint64_t block_count) {
    const bool has_extents = uses_extents(plan_.parameters.features);
    ExtentTree extent_tree = has_extents ? make_extent_tree(extents, allocator_, fs_.block_size())
                                         : make_block_map(extents, allocator_, fs_.block_size());
    placement.blocks = extent_tree.root;
    placement.block_count = block_count + extent_tree.nodes.size();
    if (has_extents) placement.flags |= EXT4_EXTENTS_FL;
    write_inode(fs_, inode, placement, plan_.parameters.epoch);
    if (has_extents) {
      write_extent_nodes(fs_, placement.number, std::move(extent_tree.nodes));
    } else {
      write_map_blocks(fs_, extent_tree.nodes);
    }
  }

  const Ext4Plan& plan_;
  const tree::RootTree& tree_;
  const base::Cancellation& cancellation_;
  Ext4Handle fs_;
  Ext4Allocator allocator_;
  ContentCopier copier_;
  tree::ContentReader contents_;
};

} // namespace

base::ByteSize write_ext4(BlockDevice& device, const Ext4Plan& plan, const tree::RootTree& tree,
                          const FileObserver& observe, const base::Cancellation& cancellation) {
  return Ext4Writer(device, plan, tree, cancellation).run(observe);
}

} // namespace imagewright::disk
