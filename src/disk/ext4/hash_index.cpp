// SPDX-License-Identifier: MIT
// The hash tree of large directories: Linux documentation, filesystems/ext4/directory.rst, "Hash
// Tree Directories".
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "disk/ext4/directory_block.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_index_entry_size = 8;
// struct dx_root: two entries of 12 bytes that look like "." and "..", then dx_root_info of 8.
constexpr std::size_t k_root_header = 32;
// struct dx_node: an empty entry that spans the block.
constexpr std::size_t k_node_header = 8;

struct HashedName {
  std::uint32_t hash = 0;
  std::uint32_t minor_hash = 0;
  const DirectoryName* entry = nullptr;
};

/// A block of the index or of names, with the first hash in it.
struct Child {
  std::uint32_t hash = 0;
  std::uint32_t block = 0;
};

/// The index says which hash it is over, and the super block how that takes letters beyond ASCII.
int hash_version(const ext2_super_block& super) {
  const bool is_unsigned =
      (super.s_flags & EXT2_FLAGS_UNSIGNED_HASH) != 0 && super.s_def_hash_version <= EXT2_HASH_TEA;
  return super.s_def_hash_version + (is_unsigned ? EXT2_HASH_LEGACY_UNSIGNED : 0);
}

std::vector<HashedName> hash_names(const Ext4Handle& fs, const DirectoryContent& content) {
  std::vector<HashedName> hashed;
  hashed.reserve(content.names.size());
  ext2_super_block& super = fs.super();
  const int version = hash_version(super);
  for (const DirectoryName& entry : content.names) {
    HashedName name{.entry = &entry};
    fs.check(ext2fs_dirhash2(version, entry.name.data(), static_cast<int>(entry.name.size()),
                             nullptr, 0, &super.s_hash_seed[0], &name.hash, &name.minor_hash),
             "hash a file name");
    hashed.push_back(name);
  }
  std::sort(hashed.begin(), hashed.end(), [](const HashedName& left, const HashedName& right) {
    return std::tie(left.hash, left.minor_hash, left.entry->name) <
           std::tie(right.hash, right.minor_hash, right.entry->name);
  });
  return hashed;
}

/// Fills leaf blocks in the order of hashes. `children` gets their first hashes; numbers count from
/// `first_block`.
struct Leaves {
  std::vector<Child> children;
  std::vector<std::vector<std::byte>> blocks;
};

Leaves make_leaves(const Ext4Handle& fs, const std::vector<HashedName>& names) {
  Leaves leaves;
  DirectoryBlock block(fs);
  std::uint32_t previous = 0;
  for (const HashedName& name : names) {
    if (!block.is_empty() && !block.has_room_for(name.entry->name)) {
      leaves.blocks.push_back(block.finish());
      block = DirectoryBlock(fs);
    }
    if (block.is_empty()) {
      // The lowest bit says that the hash continues from the block before.
      const bool is_continued = !leaves.blocks.empty() && name.hash == previous;
      leaves.children.push_back({name.hash | (is_continued ? 1U : 0U), 0});
    }
    block.add(*name.entry);
    previous = name.hash;
  }
  leaves.blocks.push_back(block.finish());
  return leaves;
}

std::size_t index_capacity(const Ext4Handle& fs, std::size_t header) {
  const std::size_t tail = ext2fs_has_feature_metadata_csum(&fs.super()) ? sizeof(ext2_dx_tail) : 0;
  return (fs.block_size() - header - tail) / k_index_entry_size;
}

// The first entry's hash is implied; its place holds limit and count.
void put_children(std::span<std::byte> block, std::size_t header, std::size_t capacity,
                  std::span<const Child> children) {
  for (std::size_t index = 0; index < children.size(); ++index) {
    const std::size_t offset = header + index * k_index_entry_size;
    put(block, offset, children[index].hash);
    put(block, offset + 4, children[index].block);
  }
  put(block, header, static_cast<std::uint16_t>(capacity));
  put(block, header + 2, static_cast<std::uint16_t>(children.size()));
}

std::vector<std::byte> make_root(const Ext4Handle& fs, const DirectoryContent& content,
                                 std::span<const Child> children, std::uint8_t levels) {
  Bytes block(fs.block_size());
  const auto put_dots = [&](std::size_t offset, std::uint32_t inode, std::size_t size,
                            std::string_view name) {
    put(block, offset, inode);
    put(block, offset + 4, static_cast<std::uint16_t>(size));
    put(block, offset + 6, static_cast<std::uint8_t>(name.size()));
    if (ext2fs_has_feature_filetype(&fs.super())) put(block, offset + 7, std::uint8_t{EXT2_FT_DIR});
    put_text(block, offset + 8, name);
  };
  put_dots(0, content.inode, 12, ".");
  put_dots(12, content.parent, fs.block_size() - 12, "..");
  put(block, 28, std::uint8_t{fs.super().s_def_hash_version});
  put(block, 29, std::uint8_t{8}); // length of dx_root_info
  put(block, 30, levels);
  put_children(block, k_root_header, index_capacity(fs, k_root_header), children);
  return block;
}

std::vector<std::byte> make_node(const Ext4Handle& fs, std::span<const Child> children) {
  Bytes block(fs.block_size());
  put(block, 4, static_cast<std::uint16_t>(fs.block_size()));
  put_children(block, k_node_header, index_capacity(fs, k_node_header), children);
  return block;
}

} // namespace

DirectoryBlocks make_indexed_directory(const Ext4Handle& fs, const DirectoryContent& content) {
  Leaves leaves = make_leaves(fs, hash_names(fs, content));
  const std::size_t root_capacity = index_capacity(fs, k_root_header);
  const std::size_t node_capacity = index_capacity(fs, k_node_header);
  const bool has_nodes = leaves.blocks.size() > root_capacity;
  const std::size_t node_count =
      has_nodes ? (leaves.blocks.size() + node_capacity - 1) / node_capacity : 0;
  if (node_count > root_capacity) {
    throw base::Error(
        base::FailureKind::build, "disk.directory-too-large",
        fmt::format("a directory has {} names, more than ext4 can index", content.names.size()),
        "spread the files over several directories");
  }
  for (std::size_t index = 0; index < leaves.children.size(); ++index) {
    leaves.children[index].block = static_cast<std::uint32_t>(1 + node_count + index);
  }
  DirectoryBlocks result{.is_indexed = true};
  std::vector<Child> top = leaves.children;
  std::vector<Bytes> nodes;
  if (has_nodes) {
    top.clear();
    for (std::size_t start = 0; start < leaves.children.size(); start += node_capacity) {
      const auto children =
          std::span(leaves.children)
              .subspan(start, std::min(node_capacity, leaves.children.size() - start));
      top.push_back({children.front().hash, static_cast<std::uint32_t>(1 + nodes.size())});
      nodes.push_back(make_node(fs, children));
    }
  }
  result.blocks.push_back(make_root(fs, content, top, has_nodes ? 1 : 0));
  std::move(nodes.begin(), nodes.end(), std::back_inserter(result.blocks));
  std::move(leaves.blocks.begin(), leaves.blocks.end(), std::back_inserter(result.blocks));
  return result;
}

} // namespace imagewright::disk
