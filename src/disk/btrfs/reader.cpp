// SPDX-License-Identifier: MIT
#include "disk/btrfs/reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <imagewright/base/text.hpp>

#include "disk/btrfs/content.hpp"
#include "disk/last_directory.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint8_t k_inode_type = 1;
constexpr std::uint8_t k_attribute_type = 24;
constexpr std::uint8_t k_name_type = 84;
constexpr std::uint8_t k_index_type = 96;
constexpr std::uint8_t k_root_type = 132;
constexpr std::uint8_t k_root_reference_type = 156;
constexpr std::uint64_t k_top_tree = 5;
constexpr std::uint64_t k_checksum_tree = 7;
constexpr std::uint64_t k_first_inode = 256;
constexpr std::size_t k_inode_item = 160;
constexpr std::size_t k_root_item = 239;
constexpr std::size_t k_name_item = 30;
constexpr std::uint64_t k_longest_link = 4096;
constexpr std::uint64_t k_largest_file = std::uint64_t{1} << 62U;
constexpr std::uint64_t k_part = std::uint64_t{1} << 20U;
constexpr std::size_t k_most_known_directories = 64;
/// A position is a tree, by its place among those that are known, and an inode in it.
constexpr unsigned k_inode_bits = 48;

struct FlagRow {
  std::uint64_t stored;
  std::uint32_t flag;
};
// btrfs(5) and ioctl_iflags(2): synchronous, immutable, append only, no dump, no access times,
// synchronous directory.
constexpr std::array k_flags = {FlagRow{0x20, 0x08},  FlagRow{0x40, 0x10},
                                FlagRow{0x80, 0x20},  FlagRow{0x100, 0x40},
                                FlagRow{0x200, 0x80}, FlagRow{0x400, 0x10000}};

/// What a name or an attribute is of, and the bytes that belong to it.
struct NameItem {
  BtrfsKey location;
  std::string_view name;
  std::string_view data;
};

bool is_name_of_file(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

/// One item has several where their hashes are the same.
template <typename Visit>
void for_each_name(std::span<const std::byte> item, const Visit& visit) {
  while (!item.empty()) {
    if (item.size() < k_name_item) throw_corrupt_btrfs("a name is cut off");
    const std::size_t data = get<std::uint16_t>(item, 25);
    const std::size_t name = get<std::uint16_t>(item, 27);
    if (item.size() - k_name_item < name + data) throw_corrupt_btrfs("a name is cut off");
    visit(NameItem{.location = btrfs_key(item, 0),
                   .name = as_text(item.subspan(k_name_item, name)),
                   .data = as_text(item.subspan(k_name_item + name, data))});
    item = item.subspan(k_name_item + name + data);
  }
}

StoredFile file_of(std::span<const std::byte> item, std::uint64_t position) {
  if (item.size() < k_inode_item) throw_corrupt_btrfs("an inode is cut off");
  const auto mode = get<std::uint32_t>(item, 52);
  const auto device = get<std::uint64_t>(item, 56);
  const auto flags = get<std::uint64_t>(item, 64);
  const auto type = fs::find_file_type(mode);
  if (!type) throw_corrupt_btrfs("a file is of an impossible type");
  StoredFile file{.type = *type,
                  .permissions = mode & 07777U,
                  .owner = get<std::uint32_t>(item, 44),
                  .group = get<std::uint32_t>(item, 48),
                  .size = get<std::uint64_t>(item, 16),
                  .modified = base::Epoch(std::chrono::seconds(
                      static_cast<std::int64_t>(get<std::uint64_t>(item, 136)))),
                  .modified_nanoseconds = get<std::uint32_t>(item, 144),
                  .device = {},
                  .inode = position,
                  .name_count = get<std::uint32_t>(item, 40)};
  for (const FlagRow& row : k_flags) {
    if ((flags & row.stored) != 0) file.flags |= row.flag;
  }
  const bool is_device =
      file.type == fs::FileType::character_device || file.type == fs::FileType::block_device;
  // As the kernel has it in memory: 20 bits of the minor number.
  if (is_device)
    file.device = {static_cast<std::uint32_t>(device >> 20U & 0xFFFU),
                   static_cast<std::uint32_t>(device & 0xFFFFFU)};
  if (file.size > k_largest_file) throw_corrupt_btrfs("a file has an impossible size");
  return file;
}

class BtrfsReader final : public FilesystemReader {
public:
  explicit BtrfsReader(const fs::ByteSource& source)
      : volume_(source), root_tree_{.address = volume_.shape().root_tree,
                                    .level = volume_.shape().root_level},
        checksums_(require_tree(k_checksum_tree)), content_(volume_, checksums_),
        root_(position_of(default_tree(), k_first_inode)) {}

  /// False when one of them is not there.
  bool mount(std::span<const SubvolumeMount> mounts) {
    std::vector<std::pair<std::string, std::uint64_t>> found;
    for (const SubvolumeMount& each : mounts) {
      const auto position = each.subvolume ? find_subvolume(*each.subvolume) : std::optional(root_);
      if (!position) return false;
      found.emplace_back(each.mount_point, *position);
    }
    // One below another needs the one above it.
    std::ranges::sort(found);
    std::set<std::uint64_t> mounted;
    for (const auto& [mount_point, position] : found) {
      if (!place(mount_point, position)) return false;
      mounted.insert(position);
    }
    elsewhere_ = std::move(mounted);
    forget();
    return true;
  }

  std::vector<std::string> subvolumes() const override {
    std::vector<std::string> names;
    const std::uint64_t top = position_of(k_top_tree, k_first_inode);
    for (const auto& [name, position] : names_of(top)) {
      if (inode_of(position) == k_first_inode) names.push_back(name);
    }
    return names;
  }

  FilesystemFacts facts() const override {
    const BtrfsShape& shape = volume_.shape();
    return {.type = "btrfs",
            .uuid = shape.uuid.to_string(),
            .label = shape.label,
            .size = base::ByteSize(shape.size),
            .used = base::ByteSize(std::min(shape.used, shape.size))};
  }

  std::optional<StoredFile> find(std::string_view path) const override {
    const auto position = find_position(path);
    if (!position) return std::nullopt;
    return file_at(*position);
  }

  std::optional<std::vector<std::string>> list(std::string_view path) const override {
    const auto position = find_position(path);
    if (!position || file_at(*position).type != fs::FileType::directory) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& [name, number] : names_of(*position))
      names.push_back(name);
    return names;
  }

  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override {
    const auto file = find(path);
    if (!file || file->type != fs::FileType::regular) return std::nullopt;
    require_within(limit, file->size, path);
    std::string content(file->size, '\0');
    read_file(*file, [&](std::uint64_t offset, std::span<const std::byte> bytes) {
      std::ranges::copy(as_text(bytes), content.begin() + static_cast<std::ptrdiff_t>(offset));
    });
    return content;
  }

  std::vector<StoredPiece> pieces_of(std::string_view path) const override {
    const auto file = find(path);
    std::vector<StoredPiece> pieces;
    if (!file || file->type != fs::FileType::regular) return pieces;
    for (const BtrfsExtent& extent : extents_of(*file))
      pieces.push_back(content_.piece(extent));
    return pieces;
  }

  void read_pieces(std::string_view path, const PieceSink& sink) const override {
    const auto file = find(path);
    if (file && file->type == fs::FileType::regular) read_file(*file, sink);
  }

  std::optional<std::string> link_target(std::string_view path) const override {
    const auto file = find(path);
    if (!file || file->type != fs::FileType::symlink) return std::nullopt;
    if (file->size == 0 || file->size > k_longest_link)
      throw_corrupt_btrfs("a symbolic link has an impossible length");
    std::string target;
    for (const BtrfsExtent& extent : extents_of(*file))
      target += as_text(content_.plain(extent));
    if (target.size() != file->size) throw_corrupt_btrfs("a symbolic link is cut off");
    return target;
  }

  std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const override {
    const auto position = find_position(path);
    std::vector<tree::ExtendedAttribute> found;
    if (!position) return found;
    visit(*position, k_attribute_type, [&](const BtrfsKey&, std::span<const std::byte> item) {
      for_each_name(item, [&](const NameItem& each) {
        // Properties of the filesystem itself, which mean nothing elsewhere.
        if (each.name.starts_with("btrfs.")) return;
        if (each.name.empty() || each.name.find('\0') != std::string_view::npos)
          throw_corrupt_btrfs("an extended attribute has an impossible name");
        found.push_back({std::string(each.name), std::string(each.data)});
      });
    });
    std::ranges::sort(found);
    return found;
  }

private:
  using Names = std::map<std::string, std::uint64_t>;

  struct Tree {
    std::uint64_t id = 0;
    BtrfsRoot root;
  };

  std::optional<BtrfsRoot> find_tree(std::uint64_t id) const {
    std::optional<BtrfsRoot> found;
    visit_btrfs_items(volume_, root_tree_, {.object = id, .type = k_root_type},
                      {.object = id, .type = k_root_type, .offset = k_btrfs_last},
                      [&](const BtrfsKey&, std::span<const std::byte> item) {
                        if (item.size() < k_root_item) throw_corrupt_btrfs("a tree is cut off");
                        found = {.address = get<std::uint64_t>(item, 176),
                                 .level = get<std::uint8_t>(item, 238)};
                      });
    return found;
  }

  BtrfsRoot require_tree(std::uint64_t id) const {
    const auto found = find_tree(id);
    if (!found) throw_corrupt_btrfs("a tree is missing");
    return *found;
  }

  std::uint64_t default_tree() const {
    std::uint64_t id = k_top_tree;
    const std::uint64_t directory = volume_.shape().root_directory;
    visit_btrfs_items(volume_, root_tree_, {.object = directory, .type = k_name_type},
                      {.object = directory, .type = k_name_type, .offset = k_btrfs_last},
                      [&](const BtrfsKey&, std::span<const std::byte> item) {
                        for_each_name(item, [&](const NameItem& each) {
                          if (each.name == "default") id = each.location.object;
                        });
                      });
    return id;
  }

  std::uint64_t position_of(std::uint64_t tree, std::uint64_t inode) const {
    auto known = std::ranges::find(trees_, tree, &Tree::id);
    if (known == trees_.end())
      known = trees_.insert(trees_.end(), {.id = tree, .root = require_tree(tree)});
    const auto place = static_cast<std::uint64_t>(known - trees_.begin());
    if (inode >> k_inode_bits != 0 || place >> (64 - k_inode_bits) != 0)
      throw_corrupt_btrfs("an inode has an impossible number");
    return place << k_inode_bits | inode;
  }

  const Tree& tree_at(std::uint64_t position) const { return trees_.at(position >> k_inode_bits); }

  static std::uint64_t inode_of(std::uint64_t position) {
    return position & ((std::uint64_t{1} << k_inode_bits) - 1);
  }

  void visit(std::uint64_t position, std::uint8_t type, const BtrfsVisitor& visitor) const {
    const BtrfsRoot root = tree_at(position).root;
    const std::uint64_t inode = inode_of(position);
    visit_btrfs_items(volume_, root, {.object = inode, .type = type},
                      {.object = inode, .type = type, .offset = k_btrfs_last}, visitor);
  }

  StoredFile file_at(std::uint64_t position) const {
    std::optional<StoredFile> file;
    visit(position, k_inode_type, [&](const BtrfsKey&, std::span<const std::byte> item) {
      file = file_of(item, position);
    });
    if (!file) throw_corrupt_btrfs("an inode is missing");
    return *file;
  }

  std::vector<BtrfsExtent> extents_of(const StoredFile& file) const {
    return content_.extents(tree_at(file.inode).root, inode_of(file.inode), file.size);
  }

  void read_file(const StoredFile& file, const PieceSink& sink) const {
    for (const BtrfsExtent& extent : extents_of(file)) {
      const bool is_whole = extent.inline_bytes || extent.compression != BtrfsCompression::none;
      for (std::uint64_t done = 0; done < extent.length;) {
        BtrfsExtent part = extent;
        part.skipped += done;
        part.length = is_whole ? extent.length : std::min(k_part, extent.length - done);
        sink(extent.offset + done, content_.plain(part));
        done += part.length;
      }
    }
  }

  /// By its path from the top, or "#5" by its number.
  std::optional<std::uint64_t> find_subvolume(std::string_view name) const {
    if (name.starts_with('#')) {
      std::uint64_t id = 0;
      const char* end = name.data() + name.size();
      const auto [stop, error] = std::from_chars(name.data() + 1, end, id);
      if (error != std::errc{} || stop != end || !find_tree(id)) return std::nullopt;
      return position_of(id, k_first_inode);
    }
    const auto position = find_from(position_of(k_top_tree, k_first_inode), name);
    if (!position || inode_of(*position) != k_first_inode) return std::nullopt;
    return position;
  }

  /// False where no directory is that could have it.
  bool place(const std::string& mount_point, std::uint64_t position) {
    forget();
    if (mount_point == "/") {
      root_ = position;
      return true;
    }
    const std::size_t slash = mount_point.rfind('/');
    if (slash == std::string::npos) return false;
    const auto above = resolve(slash == 0 ? "/" : mount_point.substr(0, slash));
    const auto directory = above ? find_position(*above) : std::nullopt;
    if (!directory || file_at(*directory).type != fs::FileType::directory) return false;
    mounted_[*directory].insert_or_assign(mount_point.substr(slash + 1), position);
    return true;
  }

  void forget() {
    known_.clear();
    last_directory_ = {};
  }

  /// What a snapshot has where the tree that it was made of has another subvolume leads nowhere.
  bool leads_there(std::uint64_t from, std::uint64_t tree) const {
    bool is_known = false;
    const BtrfsKey key{.object = from, .type = k_root_reference_type, .offset = tree};
    visit_btrfs_items(volume_, root_tree_, key, key,
                      [&](const BtrfsKey&, std::span<const std::byte>) { is_known = true; });
    return is_known;
  }

  Names read_names(std::uint64_t directory) const {
    Names names;
    const std::uint64_t tree = tree_at(directory).id;
    visit(directory, k_index_type, [&](const BtrfsKey&, std::span<const std::byte> item) {
      for_each_name(item, [&](const NameItem& each) {
        if (!is_name_of_file(each.name))
          throw_corrupt_btrfs("a directory holds an impossible name");
        const bool is_subvolume = each.location.type == k_root_type;
        if (is_subvolume && !leads_there(tree, each.location.object)) return;
        const std::uint64_t position = is_subvolume
                                           ? position_of(each.location.object, k_first_inode)
                                           : position_of(tree, each.location.object);
        // What is mounted is there and not here.
        if (is_subvolume && elsewhere_.contains(position)) return;
        if (!names.emplace(each.name, position).second)
          throw_corrupt_btrfs("a directory has a name twice");
      });
    });
    if (const auto mounted = mounted_.find(directory); mounted != mounted_.end()) {
      for (const auto& [name, position] : mounted->second)
        names.insert_or_assign(name, position);
    }
    return names;
  }

  /// A walk asks for many names of one directory.
  const Names& names_of(std::uint64_t directory) const {
    const auto known = known_.find(directory);
    if (known != known_.end()) return known->second;
    if (known_.size() >= k_most_known_directories) known_.clear();
    return known_.emplace(directory, read_names(directory)).first->second;
  }

  std::optional<std::uint64_t> find_position(std::string_view path) const {
    return last_directory_.find(path, root_, [&](std::uint64_t start, std::string_view below) {
      return find_from(start, below);
    });
  }

  std::optional<std::uint64_t> find_from(std::uint64_t position, std::string_view path) const {
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      if (file_at(position).type != fs::FileType::directory) return std::nullopt;
      const Names& names = names_of(position);
      const auto found = names.find(part);
      if (found == names.end()) return std::nullopt;
      position = found->second;
    }
    return position;
  }

  BtrfsVolume volume_;
  BtrfsRoot root_tree_;
  BtrfsRoot checksums_;
  BtrfsContent content_;
  mutable std::vector<Tree> trees_;
  std::uint64_t root_;
  std::map<std::uint64_t, Names> mounted_; ///< by directory
  std::set<std::uint64_t> elsewhere_;      ///< the subvolumes that are mounted
  mutable std::map<std::uint64_t, Names> known_;
  mutable LastDirectory last_directory_;
};

bool recognises(std::span<const std::byte> start) {
  constexpr std::size_t k_magic = k_btrfs_superblock + 0x40;
  constexpr std::string_view k_text = "_BHRfS_M";
  return start.size() >= k_magic + k_text.size() &&
         as_text(start.subspan(k_magic, k_text.size())) == k_text;
}

} // namespace

std::unique_ptr<FilesystemReader> open_btrfs(const fs::ByteSource& source) {
  return std::make_unique<BtrfsReader>(source);
}

std::unique_ptr<FilesystemReader> open_subvolumes(const fs::ByteSource& source,
                                                  std::span<const SubvolumeMount> mounts) {
  auto reader = std::make_unique<BtrfsReader>(source);
  if (!reader->mount(mounts)) return nullptr;
  return reader;
}

constinit const FilesystemReading k_btrfs_reading{.recognises = recognises, .open = open_btrfs};

} // namespace imagewright::disk
