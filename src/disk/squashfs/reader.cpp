// SPDX-License-Identifier: MIT
#include "disk/squashfs/reader.hpp"

#include <algorithm>
#include <map>

#include <imagewright/base/text.hpp>

#include "disk/last_directory.hpp"
#include "disk/squashfs/attributes.hpp"
#include "disk/squashfs/directory.hpp"
#include "disk/squashfs/inode.hpp"
#include "disk/squashfs/volume.hpp"

namespace imagewright::disk {

namespace {

using Names = std::map<std::string, std::uint64_t>;

constexpr std::size_t k_most_known_directories = 64;
constexpr std::size_t k_most_known_fragments = 8;
/// Whatever is made behind it begins with a block of this size.
constexpr std::uint64_t k_unit = 4096;

class SquashfsReader final : public FilesystemReader {
public:
  explicit SquashfsReader(const fs::ByteSource& source) : volume_(source) {
    const SquashfsInode root = read_squashfs_inode(volume_, volume_.shape().root);
    if (root.file.type != fs::FileType::directory)
      throw_corrupt_squashfs("its root is no directory");
  }

  FilesystemFacts facts() const override {
    const std::uint64_t size = volume_.shape().size;
    const std::uint64_t padded = (size + k_unit - 1) / k_unit * k_unit;
    return {.type = "squashfs",
            .uuid = {},
            .label = {},
            .size = base::ByteSize(std::min(padded, volume_.source().size())),
            .used = base::ByteSize(size)};
  }

  std::optional<StoredFile> find(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode) return std::nullopt;
    return inode->file;
  }

  std::optional<std::vector<std::string>> list(std::string_view path) const override {
    const auto reference = find_reference(path);
    if (!reference) return std::nullopt;
    const SquashfsInode inode = read_squashfs_inode(volume_, *reference);
    if (inode.file.type != fs::FileType::directory) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& [name, number] : names_of(*reference, inode))
      names.push_back(name);
    return names;
  }

  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override {
    const auto inode = find_inode(path);
    if (!inode || inode->file.type != fs::FileType::regular) return std::nullopt;
    require_within(limit, inode->file.size, path);
    std::string content(inode->file.size, '\0');
    read_file(*inode, [&](std::uint64_t offset, std::span<const std::byte> bytes) {
      std::ranges::copy(as_text(bytes), content.begin() + static_cast<std::ptrdiff_t>(offset));
    });
    return content;
  }

  std::vector<StoredPiece> pieces_of(std::string_view path) const override {
    std::vector<StoredPiece> pieces;
    const auto inode = find_inode(path);
    if (!inode || inode->file.type != fs::FileType::regular) return pieces;
    for_each_block(*inode, [&](const Block& block) {
      StoredPiece piece{.offset = block.offset, .length = block.length};
      if (block.is_end || !is_squashfs_plain(block.word)) {
        piece.kind = StoredPiece::Kind::text;
        piece.text = as_text(plain(*inode, block));
      } else {
        require_inside(block);
        piece.place = block.place;
      }
      pieces.push_back(std::move(piece));
    });
    return pieces;
  }

  void read_pieces(std::string_view path, const PieceSink& sink) const override {
    const auto inode = find_inode(path);
    if (inode && inode->file.type == fs::FileType::regular) read_file(*inode, sink);
  }

  std::optional<std::string> link_target(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode || inode->file.type != fs::FileType::symlink) return std::nullopt;
    return inode->target;
  }

  std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const override {
    const auto inode = find_inode(path);
    if (!inode) return {};
    return squashfs_attributes(volume_, *inode);
  }

private:
  struct Block {
    std::uint64_t offset = 0; ///< in the file
    std::uint64_t length = 0;
    std::uint64_t place = 0;
    std::uint32_t word = 0;
    bool is_end = false; ///< stands together with the ends of other files
  };

  /// Holes are left out.
  template <typename Visit>
  void for_each_block(const SquashfsInode& inode, const Visit& visit) const {
    const std::uint64_t size = volume_.shape().block_size;
    std::uint64_t place = inode.place;
    std::uint64_t offset = 0;
    for (const std::uint32_t word : inode.blocks) {
      const std::uint64_t length = std::min(size, inode.file.size - offset);
      if (word != 0) visit(Block{offset, length, place, word, false});
      place += squashfs_stored_size(word);
      offset += length;
    }
    if (offset < inode.file.size) visit(Block{offset, inode.file.size - offset, 0, 0, true});
  }

  Bytes plain(const SquashfsInode& inode, const Block& block) const {
    if (block.is_end) return end_of(inode, block.length);
    Bytes bytes = volume_.data_block(block.place, block.word);
    if (bytes.size() != block.length)
      throw_corrupt_squashfs("a block does not have the size that it says");
    return bytes;
  }

  /// A block that is stored as it is.
  void require_inside(const Block& block) const {
    const std::uint64_t size = volume_.shape().size;
    if (squashfs_stored_size(block.word) != block.length || block.place > size ||
        block.length > size - block.place)
      throw_corrupt_squashfs("a block does not have the size that it says");
  }

  Bytes end_of(const SquashfsInode& inode, std::uint64_t length) const {
    const Bytes& all = fragment_at(inode.fragment);
    const std::uint64_t offset = inode.fragment_offset;
    if (offset > all.size() || length > all.size() - offset)
      throw_corrupt_squashfs("the end of a file is cut off");
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(offset);
    return {first, first + static_cast<std::ptrdiff_t>(length)};
  }

  const Bytes& fragment_at(std::uint32_t index) const {
    const auto known = fragments_.find(index);
    if (known != fragments_.end()) return known->second;
    if (fragments_.size() >= k_most_known_fragments) fragments_.clear();
    const SquashfsFragment fragment = volume_.fragment(index);
    return fragments_.emplace(index, volume_.data_block(fragment.place, fragment.word))
        .first->second;
  }

  void read_file(const SquashfsInode& inode, const PieceSink& sink) const {
    for_each_block(inode, [&](const Block& block) { sink(block.offset, plain(inode, block)); });
  }

  /// A walk asks for many names of one directory.
  const Names& names_of(std::uint64_t reference, const SquashfsInode& directory) const {
    const auto known = known_.find(reference);
    if (known != known_.end()) return known->second;
    if (known_.size() >= k_most_known_directories) known_.clear();
    return known_.emplace(reference, squashfs_names(volume_, directory)).first->second;
  }

  std::optional<SquashfsInode> find_inode(std::string_view path) const {
    const auto reference = find_reference(path);
    if (!reference) return std::nullopt;
    return read_squashfs_inode(volume_, *reference);
  }

  std::optional<std::uint64_t> find_reference(std::string_view path) const {
    return last_directory_.find(
        path, volume_.shape().root,
        [&](std::uint64_t start, std::string_view below) { return find_from(start, below); });
  }

  std::optional<std::uint64_t> find_from(std::uint64_t reference, std::string_view path) const {
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      const SquashfsInode inode = read_squashfs_inode(volume_, reference);
      if (inode.file.type != fs::FileType::directory) return std::nullopt;
      const Names& names = names_of(reference, inode);
      const auto found = names.find(part);
      if (found == names.end()) return std::nullopt;
      reference = found->second;
    }
    return reference;
  }

  SquashfsVolume volume_;
  mutable std::map<std::uint64_t, Names> known_;
  mutable std::map<std::uint32_t, Bytes> fragments_;
  mutable LastDirectory last_directory_;
};

// Of another version it is foreign, as any filesystem that is not read here.
bool recognises(std::span<const std::byte> start) {
  return as_text(start.first(4)) == "hsqs" && get<std::uint16_t>(start, 28) == 4 &&
         get<std::uint16_t>(start, 30) == 0;
}

} // namespace

std::unique_ptr<FilesystemReader> open_squashfs(const fs::ByteSource& source) {
  return std::make_unique<SquashfsReader>(source);
}

constinit const FilesystemReading k_squashfs_reading{.recognises = recognises,
                                                     .open = open_squashfs};

} // namespace imagewright::disk
