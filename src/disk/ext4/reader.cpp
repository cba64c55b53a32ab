// SPDX-License-Identifier: MIT
#include "disk/ext4/reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>

#include "disk/ext4/attributes.hpp"
#include "disk/ext4/corrupt.hpp"
#include "disk/ext4/handle.hpp"
#include "disk/ext4/inode.hpp"
#include "disk/ext4/journal.hpp"
#include "disk/filesystem.hpp"
#include "disk/last_directory.hpp"

namespace imagewright::disk {

namespace {

// A link is no longer than a path may be.
constexpr std::uint64_t k_longest_link = 4096;
// Content in an inode is no larger than the largest block that the inode could be in.
constexpr std::uint64_t k_largest_inline = 65'536;
constexpr std::size_t k_most_known_directories = 64;

fs::FileType type_of(std::uint16_t mode) {
  const auto type = fs::find_file_type(mode);
  if (!type) throw_corrupt_ext4("an inode has an impossible type");
  return *type;
}

struct FileCloser {
  void operator()(ext2_file* file) const { ext2fs_file_close(file); }
};
using OpenFile = std::unique_ptr<ext2_file, FileCloser>;

using Names = std::map<std::string, ext2_ino_t, std::less<>>;

/// Collects names for a callback from C, keeping an exception for later.
struct NameCollector {
  Names names;
  std::exception_ptr failure;
};

int collect_name(ext2_ino_t /*directory*/, int /*entry*/, ext2_dir_entry* found, int /*offset*/,
                 int /*block_size*/, char* /*buffer*/, void* collector) {
  auto& result = *static_cast<NameCollector*>(collector);
  try {
    const std::string name(&found->name[0],
                           static_cast<std::size_t>(ext2fs_dirent_name_len(found)));
    // Of two that are equal a kernel finds the first.
    if (name != "." && name != "..") result.names.emplace(name, found->inode);
    return 0;
  } catch (...) {
    result.failure = std::current_exception();
    return DIRENT_ABORT;
  }
}

struct ExtentCloser {
  void operator()(ext2_extent_handle* handle) const { ext2fs_extent_free(handle); }
};
using OpenExtents = std::unique_ptr<ext2_extent_handle, ExtentCloser>;

/// Blocks that follow each other, in the file and on the disk.
struct StoredRun {
  std::uint64_t logical = 0;
  std::uint64_t physical = 0;
  std::uint64_t count = 0;
  bool is_unwritten = false;
};

struct BlockCollector {
  std::vector<StoredRun> runs;
  std::exception_ptr failure;
};

int collect_block(ext2_filsys /*fs*/, blk64_t* block, e2_blkcnt_t logical, blk64_t /*reference*/,
                  int /*offset*/, void* collector) {
  auto& result = *static_cast<BlockCollector*>(collector);
  try {
    const auto number = static_cast<std::uint64_t>(logical);
    const bool follows = !result.runs.empty() &&
                         result.runs.back().logical + result.runs.back().count == number &&
                         result.runs.back().physical + result.runs.back().count == *block;
    if (follows) {
      ++result.runs.back().count;
    } else {
      result.runs.push_back({.logical = number, .physical = *block, .count = 1});
    }
    return 0;
  } catch (...) {
    result.failure = std::current_exception();
    return BLOCK_ABORT;
  }
}

class Ext4Reader final : public FilesystemReader {
public:
  explicit Ext4Reader(const fs::ByteSource& source)
      : source_(source), replayed_(source), fs_(Ext4Handle::open(replayed_)) {}

  FilesystemFacts facts() const override {
    const ext2_super_block& super = fs_.super();
    base::Uuid uuid;
    std::copy_n(&super.s_uuid[0], uuid.bytes.size(), uuid.bytes.begin());
    const char* label = reinterpret_cast<const char*>(&super.s_volume_name[0]);
    const std::uint64_t blocks = ext2fs_blocks_count(fs_->super);
    const std::uint64_t free_blocks =
        std::min<std::uint64_t>(blocks, ext2fs_free_blocks_count(fs_->super));
    const bool has_extents = ext2fs_has_feature_extents(fs_->super);
    const bool has_journal = ext2fs_has_feature_journal(fs_->super);
    return {.type = has_extents   ? "ext4"
                    : has_journal ? "ext3"
                                  : "ext2",
            .uuid = uuid.to_string(),
            .label = std::string(label, strnlen(label, sizeof super.s_volume_name)),
            .size = base::ByteSize(blocks * fs_->blocksize),
            .used = base::ByteSize((blocks - free_blocks) * fs_->blocksize),
            .state =
                replayed_.was_dirty() ? FilesystemState::not_unmounted : FilesystemState::clean};
  }

  std::optional<StoredFile> find(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number) return std::nullopt;
    const ext2_inode_large inode = read_inode(*number);
    StoredFile file{.type = type_of(inode.i_mode),
                    .permissions = static_cast<mode_t>(inode.i_mode & 07777U),
                    .owner = inode_uid(inode),
                    .group = inode_gid(inode),
                    .size = size_of(inode),
                    .modified = modified(inode),
                    .modified_nanoseconds = has_extra_times(inode) ? inode.i_mtime_extra >> 2U : 0,
                    .flags = inode.i_flags & (k_ext4_kept_flags | k_ext4_bound_flags),
                    .inode = *number,
                    .name_count = inode.i_links_count};
    if (file.type == fs::FileType::character_device || file.type == fs::FileType::block_device) {
      file.device = device_of(inode);
    }
    return file;
  }

  std::optional<std::vector<std::string>> list(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number || type_of(read_inode(*number).i_mode) != fs::FileType::directory) {
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const auto& [name, child] : names_of(*number))
      names.push_back(name);
    return names;
  }

  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override {
    const auto number = find_inode(path);
    if (!number) return std::nullopt;
    const ext2_inode_large inode = read_inode(*number);
    if (type_of(inode.i_mode) != fs::FileType::regular) return std::nullopt;
    require_within(limit, size_of(inode), path);
    return read_content(*number, size_of(inode));
  }

  std::vector<StoredPiece> pieces_of(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number) return {};
    const ext2_inode_large inode = read_inode(*number);
    if (type_of(inode.i_mode) != fs::FileType::regular || size_of(inode) == 0) return {};
    if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
      if (size_of(inode) > k_largest_inline)
        throw_corrupt_ext4("a file does not fit into its inode");
      return {{.kind = StoredPiece::Kind::text,
               .length = size_of(inode),
               .text = read_content(*number, size_of(inode))}};
    }
    std::vector<StoredPiece> pieces;
    for (const StoredRun& run : runs_of(*number, inode))
      add_run(run, size_of(inode), pieces);
    return pieces;
  }

  void read_pieces(std::string_view path, const PieceSink& sink) const override {
    read_stored_pieces(source_, pieces_of(path), sink);
  }

  std::optional<std::string> link_target(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number) return std::nullopt;
    ext2_inode_large inode = read_inode(*number);
    if (type_of(inode.i_mode) != fs::FileType::symlink) return std::nullopt;
    if (size_of(inode) > k_longest_link) throw_corrupt_ext4("a symbolic link is too long");
    if (ext2fs_is_fast_symlink(ext2fs_inode(&inode)) == 0) {
      return read_content(*number, size_of(inode));
    }
    const char* text = reinterpret_cast<const char*>(&inode.i_block[0]);
    return std::string(text, std::min<std::uint64_t>(size_of(inode), sizeof inode.i_block));
  }

  std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number) return {};
    return ext4_attributes(fs_, *number);
  }

private:
  static void check(errcode_t code) {
    if (code != 0) throw_corrupt_ext4(error_message(code));
  }

  static std::uint64_t size_of(const ext2_inode_large& inode) {
    return inode.i_size | std::uint64_t{inode.i_size_high} << 32U;
  }

  static base::Epoch modified(const ext2_inode_large& inode) {
    // Two more bits extend the signed 32-bit seconds.
    const std::int64_t epochs = has_extra_times(inode) ? inode.i_mtime_extra & 3U : 0;
    return base::Epoch(
        std::chrono::seconds(static_cast<std::int32_t>(inode.i_mtime) + (epochs << 32U)));
  }

  static bool has_extra_times(const ext2_inode_large& inode) {
    constexpr std::size_t needed =
        offsetof(ext2_inode_large, i_mtime_extra) + sizeof inode.i_mtime_extra;
    return EXT2_GOOD_OLD_INODE_SIZE + std::size_t{inode.i_extra_isize} >= needed;
  }

  /// Blocks of a file in their order, without its holes.
  std::vector<StoredRun> runs_of(ext2_ino_t number, const ext2_inode_large& inode) const {
    const bool has_extents = (inode.i_flags & EXT4_EXTENTS_FL) != 0;
    std::vector<StoredRun> runs = has_extents ? extents_of(number) : blocks_of(number);
    std::uint64_t end = 0;
    for (const StoredRun& run : runs) {
      if (run.logical < end || run.count == 0)
        throw_corrupt_ext4("the blocks of a file are out of order");
      end = run.logical + run.count;
    }
    return runs;
  }

  std::vector<StoredRun> extents_of(ext2_ino_t number) const {
    ext2_extent_handle_t opened = nullptr;
    check(ext2fs_extent_open(fs_.get(), number, &opened));
    const OpenExtents handle(opened);
    std::vector<StoredRun> runs;
    ext2fs_extent extent{};
    errcode_t code = ext2fs_extent_get(handle.get(), EXT2_EXTENT_ROOT, &extent);
    while (code == 0) {
      const bool is_leaf = (extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0;
      const bool is_second = (extent.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT) != 0;
      if (is_leaf && !is_second) {
        runs.push_back({extent.e_lblk, extent.e_pblk, extent.e_len,
                        (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0});
      }
      code = ext2fs_extent_get(handle.get(), EXT2_EXTENT_NEXT, &extent);
    }
    const bool is_end = code == EXT2_ET_EXTENT_NO_NEXT || code == EXT2_ET_NO_CURRENT_NODE;
    if (!is_end) check(code);
    return runs;
  }

  std::vector<StoredRun> blocks_of(ext2_ino_t number) const {
    BlockCollector collector;
    check(ext2fs_block_iterate3(fs_.get(), number, BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY,
                                nullptr, collect_block, &collector));
    if (collector.failure) std::rethrow_exception(collector.failure);
    return std::move(collector.runs);
  }

  void add_run(const StoredRun& run, std::uint64_t size, std::vector<StoredPiece>& pieces) const {
    const std::uint64_t block = fs_->blocksize;
    // What is beyond the end of the file is room that it keeps, and no content.
    if (run.logical >= (size + block - 1) / block) return;
    const std::uint64_t offset = run.logical * block;
    const std::uint64_t room = size - offset;
    const std::uint64_t length = run.count > room / block ? room : run.count * block;
    if (run.is_unwritten) {
      pieces.push_back(
          {.kind = StoredPiece::Kind::zeros, .offset = offset, .length = length, .text = {}});
      return;
    }
    const std::uint64_t place = run.physical * block;
    const bool is_inside =
        run.physical < source_.size() / block && length <= source_.size() - place;
    if (!is_inside) throw_corrupt_ext4("a file has blocks beyond its end");
    replayed_.add_pieces({.offset = offset, .length = length, .place = place, .text = {}}, pieces);
  }

  static tree::DeviceNumber device_of(const ext2_inode_large& inode) {
    if (inode.i_block[0] != 0) {
      return {inode.i_block[0] >> 8U & 0xFFU, inode.i_block[0] & 0xFFU};
    }
    const std::uint32_t number = inode.i_block[1];
    return {number >> 8U & 0xFFFU, (number & 0xFFU) | (number >> 12U & 0xFFF00U)};
  }

  ext2_inode_large read_inode(ext2_ino_t number) const {
    ext2_inode_large inode{};
    check(ext2fs_read_inode_full(fs_.get(), number, ext2fs_inode(&inode), sizeof inode));
    return inode;
  }

  /// A walk asks for many names of one directory, which are looked through one after the other
  /// otherwise.
  const Names& names_of(ext2_ino_t directory) const {
    const auto known = known_.find(directory);
    if (known != known_.end()) return known->second;
    NameCollector collector;
    check(ext2fs_dir_iterate2(fs_.get(), directory, 0, nullptr, collect_name, &collector));
    if (collector.failure) std::rethrow_exception(collector.failure);
    if (known_.size() >= k_most_known_directories) known_.clear();
    return known_.emplace(directory, std::move(collector.names)).first->second;
  }

  std::optional<ext2_ino_t> find_inode(std::string_view path) const {
    const auto number =
        last_directory_.find(path, EXT2_ROOT_INO, [&](std::uint64_t start, std::string_view below) {
          return std::optional<std::uint64_t>(find_from(static_cast<ext2_ino_t>(start), below));
        });
    if (!number) return std::nullopt;
    return static_cast<ext2_ino_t>(*number);
  }

  std::optional<ext2_ino_t> find_from(ext2_ino_t number, std::string_view path) const {
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      if (type_of(read_inode(number).i_mode) != fs::FileType::directory) return std::nullopt;
      const Names& names = names_of(number);
      const auto child = names.find(part);
      if (child == names.end()) return std::nullopt;
      number = child->second;
    }
    return number;
  }

  std::string read_content(ext2_ino_t number, std::uint64_t size) const {
    ext2_file_t opened = nullptr;
    check(ext2fs_file_open(fs_.get(), number, 0, &opened));
    const OpenFile file(opened);
    std::string content(size, '\0');
    for (std::uint64_t done = 0; done < size;) {
      unsigned int got = 0;
      const auto wanted =
          static_cast<unsigned int>(std::min<std::uint64_t>(size - done, 1U << 20U));
      check(ext2fs_file_read(file.get(), content.data() + done, wanted, &got));
      if (got == 0) throw_corrupt_ext4("a file ends before its size");
      done += got;
    }
    return content;
  }

  const fs::ByteSource& source_;
  ReplayedSource replayed_;
  Ext4Handle fs_;
  mutable std::map<ext2_ino_t, Names> known_;
  mutable LastDirectory last_directory_;
};

} // namespace

std::unique_ptr<FilesystemReader> open_ext4(const fs::ByteSource& source) {
  return std::make_unique<Ext4Reader>(source);
}

} // namespace imagewright::disk
