// SPDX-License-Identifier: MIT
#include "disk/ext4/directory.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>

#include "disk/ext4/directory_block.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

// struct ext4_dir_entry_2: inode, rec_len, name_len, file_type, name.
constexpr std::size_t k_entry_header = 8;

DirectoryBlocks make_linear_directory(const Ext4Handle& fs, const DirectoryContent& content) {
  DirectoryBlocks result;
  DirectoryBlock block(fs);
  block.add({".", content.inode, fs::FileType::directory});
  block.add({"..", content.parent, fs::FileType::directory});
  for (const DirectoryName& entry : content.names) {
    if (!block.has_room_for(entry.name)) {
      result.blocks.push_back(block.finish());
      block = DirectoryBlock(fs);
    }
    block.add(entry);
  }
  result.blocks.push_back(block.finish());
  return result;
}

} // namespace

std::size_t link_count_of(const DirectoryContent& content) {
  const auto subdirectories =
      std::count_if(content.names.begin(), content.names.end(), [](const DirectoryName& entry) {
        return entry.type == fs::FileType::directory;
      });
  return static_cast<std::size_t>(subdirectories) + 2;
}

std::size_t entry_size(std::size_t name_length) {
  return (k_entry_header + name_length + 3) / 4 * 4;
}

std::uint8_t directory_type(fs::FileType type) {
  switch (type) {
  case fs::FileType::regular:
    return EXT2_FT_REG_FILE;
  case fs::FileType::directory:
    return EXT2_FT_DIR;
  case fs::FileType::symlink:
    return EXT2_FT_SYMLINK;
  case fs::FileType::character_device:
    return EXT2_FT_CHRDEV;
  case fs::FileType::block_device:
    return EXT2_FT_BLKDEV;
  case fs::FileType::fifo:
    return EXT2_FT_FIFO;
  case fs::FileType::socket:
    return EXT2_FT_SOCK;
  }
  return EXT2_FT_UNKNOWN;
}

DirectoryBlock::DirectoryBlock(const Ext4Handle& fs)
    : fs_(&fs), bytes_(fs.block_size()), capacity_(fs.block_size()) {
  if (ext2fs_has_feature_metadata_csum(&fs.super())) {
    capacity_ -= sizeof(ext2_dir_entry_tail);
  }
}

bool DirectoryBlock::has_room_for(const std::string& name) const {
  return used_ + entry_size(name.size()) <= capacity_;
}

void DirectoryBlock::add(const DirectoryName& entry) {
  IMAGEWRIGHT_ASSERT(has_room_for(entry.name) && entry.name.size() <= EXT2_NAME_LEN);
  last_ = used_;
  const std::size_t size = entry_size(entry.name.size());
  put(bytes_, used_, entry.inode);
  put(bytes_, used_ + 4, static_cast<std::uint16_t>(size));
  put(bytes_, used_ + 6, static_cast<std::uint8_t>(entry.name.size()));
  if (ext2fs_has_feature_filetype(&fs_->super()))
    put(bytes_, used_ + 7, directory_type(entry.type));
  put_text(bytes_, used_ + k_entry_header, entry.name);
  used_ += size;
}

std::vector<std::byte> DirectoryBlock::finish() {
  put(bytes_, last_ + 4, static_cast<std::uint16_t>(capacity_ - last_));
  if (capacity_ < bytes_.size()) {
    auto* tail = reinterpret_cast<ext2_dir_entry_tail*>(bytes_.data() + capacity_);
    ext2fs_initialize_dirent_tail(fs_->get(), tail);
  }
  return std::move(bytes_);
}

DirectoryBlocks make_directory(const Ext4Handle& fs, const DirectoryContent& content,
                               std::size_t minimum_blocks) {
  DirectoryBlocks result = make_linear_directory(fs, content);
  if (result.blocks.size() > 1 && ext2fs_has_feature_dir_index(&fs.super())) {
    result = make_indexed_directory(fs, content);
  }
  while (result.blocks.size() < minimum_blocks) {
    result.blocks.push_back(DirectoryBlock(fs).finish());
  }
  return result;
}

} // namespace imagewright::disk
