// SPDX-License-Identifier: MIT
#include "disk/xfs/reader.hpp"

#include <algorithm>
#include <map>

#include <imagewright/base/text.hpp>

#include "disk/last_directory.hpp"
#include "disk/xfs/attributes.hpp"
#include "disk/xfs/directory.hpp"
#include "disk/xfs/fork_blocks.hpp"
#include "disk/xfs/log.hpp"

namespace imagewright::disk {

namespace {

using base::big_endian::get;
using Names = std::map<std::string, std::uint64_t>;

constexpr std::uint32_t k_magic = 0x58465342;      // "XFSB"
constexpr std::uint32_t k_link_magic = 0x58534C4D; // "XSLM"
constexpr std::uint64_t k_longest_link = 1024;
constexpr std::uint64_t k_largest_file = std::uint64_t{1} << 62U;
constexpr std::size_t k_most_known_directories = 64;

class XfsReader final : public FilesystemReader {
public:
  explicit XfsReader(const fs::ByteSource& source) : volume_(source) {
    require_clean_xfs_log(volume_);
  }

  FilesystemFacts facts() const override {
    const XfsGeometry& shape = volume_.shape();
    const std::uint64_t used = shape.block_count - std::min(shape.block_count, shape.free_blocks);
    return {.type = "xfs",
            .uuid = shape.uuid.to_string(),
            .label = shape.label,
            .size = base::ByteSize(shape.block_count * shape.block_size),
            .used = base::ByteSize(used * shape.block_size)};
  }

  std::optional<StoredFile> find(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode) return std::nullopt;
    return StoredFile{.type = inode->type,
                      .permissions = inode->permissions,
                      .owner = inode->owner,
                      .group = inode->group,
                      .size = inode->size,
                      .modified = inode->modified,
                      .modified_nanoseconds = inode->modified_nanoseconds,
                      .flags = inode->flags,
                      .device = inode->device,
                      .inode = inode->number,
                      .name_count = inode->name_count};
  }

  std::optional<std::vector<std::string>> list(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode || inode->type != fs::FileType::directory) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& [name, number] : names_of(*inode))
      names.push_back(name);
    return names;
  }

  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override {
    const auto inode = find_inode(path);
    if (!inode || inode->type != fs::FileType::regular) return std::nullopt;
    require_within(limit, inode->size, path);
    std::string content(inode->size, '\0');
    read_stored_pieces(volume_.source(), pieces_of(*inode),
                       [&](std::uint64_t offset, std::span<const std::byte> bytes) {
                         std::ranges::copy(as_text(bytes),
                                           content.begin() + static_cast<std::ptrdiff_t>(offset));
                       });
    return content;
  }

  std::vector<StoredPiece> pieces_of(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode || inode->type != fs::FileType::regular) return {};
    return pieces_of(*inode);
  }

  void read_pieces(std::string_view path, const PieceSink& sink) const override {
    read_stored_pieces(volume_.source(), pieces_of(path), sink);
  }

  std::optional<std::string> link_target(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode || inode->type != fs::FileType::symlink) return std::nullopt;
    if (inode->size == 0 || inode->size > k_longest_link)
      throw_corrupt_xfs("a symbolic link has an impossible length");
    if (inode->data.format != XfsForkFormat::local) return remote_target(*inode);
    if (inode->size > inode->data.bytes.size())
      throw_corrupt_xfs("a symbolic link does not fit into its inode");
    return std::string(as_text(std::span(inode->data.bytes).first(inode->size)));
  }

  std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode) return {};
    return xfs_attributes(volume_, *inode);
  }

private:
  std::vector<StoredPiece> pieces_of(const XfsInode& inode) const {
    if (inode.size > k_largest_file) throw_corrupt_xfs("a file has an impossible size");
    const std::uint64_t block = volume_.shape().block_size;
    std::vector<StoredPiece> pieces;
    for (const XfsExtent& extent : xfs_extents(volume_, inode, inode.data)) {
      // What is beyond the end of the file is room that it keeps, and no content.
      if (extent.offset >= (inode.size + block - 1) / block) break;
      const std::uint64_t offset = extent.offset * block;
      const std::uint64_t length = std::min(extent.count * block, inode.size - offset);
      if (extent.is_unwritten) {
        pieces.push_back({.kind = StoredPiece::Kind::zeros, .offset = offset, .length = length});
      } else {
        pieces.push_back({.offset = offset,
                          .length = length,
                          .place = volume_.place_of(extent.block, extent.count)});
      }
    }
    return pieces;
  }

  std::string remote_target(const XfsInode& inode) const {
    return XfsForkBlocks(volume_, inode, inode.data)
        .read_text({.magic = k_link_magic,
                    .length = inode.size,
                    .parts = XfsTextParts::runs,
                    .name = "a symbolic link"});
  }

  /// A walk asks for many names of one directory.
  const Names& names_of(const XfsInode& directory) const {
    const auto known = known_.find(directory.number);
    if (known != known_.end()) return known->second;
    if (known_.size() >= k_most_known_directories) known_.clear();
    return known_.emplace(directory.number, xfs_names(volume_, directory)).first->second;
  }

  std::optional<XfsInode> find_inode(std::string_view path) const {
    const auto number = last_directory_.find(
        path, volume_.shape().root_inode,
        [&](std::uint64_t start, std::string_view below) { return find_from(start, below); });
    if (!number) return std::nullopt;
    return read_xfs_inode(volume_, *number);
  }

  std::optional<std::uint64_t> find_from(std::uint64_t number, std::string_view path) const {
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      const XfsInode inode = read_xfs_inode(volume_, number);
      if (inode.type != fs::FileType::directory) return std::nullopt;
      const Names& names = names_of(inode);
      const auto found = names.find(part);
      if (found == names.end()) return std::nullopt;
      number = found->second;
    }
    return number;
  }

  XfsVolume volume_;
  mutable std::map<std::uint64_t, Names> known_;
  mutable LastDirectory last_directory_;
};

// Of another version it is foreign, as any filesystem that is not read here.
bool recognises(std::span<const std::byte> start) {
  return get<std::uint32_t>(start, 0) == k_magic && (get<std::uint16_t>(start, 100) & 0xFU) == 5;
}

} // namespace

std::unique_ptr<FilesystemReader> open_xfs(const fs::ByteSource& source) {
  return std::make_unique<XfsReader>(source);
}

constinit const FilesystemReading k_xfs_reading{.recognises = recognises, .open = open_xfs};

} // namespace imagewright::disk
