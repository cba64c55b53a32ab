// SPDX-License-Identifier: MIT
#include "disk/ext4/reader.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>

#include "disk/ext4/handle.hpp"
#include "disk/ext4/journal.hpp"

namespace imagewright::disk {

namespace {

// A link is no longer than a path may be.
constexpr std::uint64_t k_longest_link = 4096;

[[noreturn]] void corrupt(std::string_view what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the ext4 filesystem is damaged: {}", what),
                    "run \"e2fsck -fn\" on it, and copy or make the image again");
}

fs::FileType type_of(std::uint16_t mode) {
  const auto type = fs::find_file_type(mode);
  if (!type) corrupt("an inode has an impossible type");
  return *type;
}

struct FileCloser {
  void operator()(ext2_file* file) const { ext2fs_file_close(file); }
};
using OpenFile = std::unique_ptr<ext2_file, FileCloser>;

struct AttributeCloser {
  void operator()(ext2_xattr_handle* handle) const { ext2fs_xattrs_close(&handle); }
};
using Attributes = std::unique_ptr<ext2_xattr_handle, AttributeCloser>;

/// Collects names for a callback from C, keeping an exception for later.
struct NameCollector {
  std::vector<std::string> names;
  std::exception_ptr failure;
};

int collect_name(ext2_ino_t /*directory*/, int /*entry*/, ext2_dir_entry* found, int /*offset*/,
                 int /*block_size*/, char* /*buffer*/, void* collector) {
  auto& result = *static_cast<NameCollector*>(collector);
  try {
    const std::string name(&found->name[0],
                           static_cast<std::size_t>(ext2fs_dirent_name_len(found)));
    if (name != "." && name != "..") result.names.push_back(name);
    return 0;
  } catch (...) {
    result.failure = std::current_exception();
    return DIRENT_ABORT;
  }
}

struct AttributeCollector {
  std::vector<tree::ExtendedAttribute> attributes;
  std::exception_ptr failure;
};

int collect_attribute(char* name, char* value, std::size_t length, void* collector) {
  auto& result = *static_cast<AttributeCollector*>(collector);
  try {
    result.attributes.push_back({name, std::string(value, length)});
    return 0;
  } catch (...) {
    result.failure = std::current_exception();
    return XATTR_ABORT;
  }
}

class Ext4Reader final : public FilesystemReader {
public:
  explicit Ext4Reader(const fs::ByteSource& source)
      : replayed_(source), fs_(Ext4Handle::open(replayed_)) {}

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
    NameCollector collector;
    check(ext2fs_dir_iterate2(fs_.get(), *number, 0, nullptr, collect_name, &collector));
    if (collector.failure) std::rethrow_exception(collector.failure);
    std::sort(collector.names.begin(), collector.names.end());
    return collector.names;
  }

  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override {
    const auto number = find_inode(path);
    if (!number) return std::nullopt;
    const ext2_inode_large inode = read_inode(*number);
    if (type_of(inode.i_mode) != fs::FileType::regular) return std::nullopt;
    if (size_of(inode) > limit.bytes()) {
      throw base::Error(base::FailureKind::verification, "disk.file-too-large",
                        fmt::format("{} in the image is larger than {}", base::quoted(path),
                                    base::to_string(limit)));
    }
    return read_content(*number, size_of(inode));
  }

  std::optional<std::string> link_target(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number) return std::nullopt;
    ext2_inode_large inode = read_inode(*number);
    if (type_of(inode.i_mode) != fs::FileType::symlink) return std::nullopt;
    if (size_of(inode) > k_longest_link) corrupt("a symbolic link is too long");
    if (ext2fs_is_fast_symlink(ext2fs_inode(&inode)) == 0) {
      return read_content(*number, size_of(inode));
    }
    const char* text = reinterpret_cast<const char*>(&inode.i_block[0]);
    return std::string(text, std::min<std::uint64_t>(size_of(inode), sizeof inode.i_block));
  }

  std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const override {
    const auto number = find_inode(path);
    if (!number) return {};
    ext2_xattr_handle* opened = nullptr;
    check(ext2fs_xattrs_open(fs_.get(), *number, &opened));
    const Attributes handle(opened);
    check(ext2fs_xattrs_read(handle.get()));
    AttributeCollector collector;
    check(ext2fs_xattrs_iterate(handle.get(), collect_attribute, &collector));
    if (collector.failure) std::rethrow_exception(collector.failure);
    std::sort(collector.attributes.begin(), collector.attributes.end());
    return collector.attributes;
  }

private:
  static void check(errcode_t code) {
    if (code != 0) corrupt(error_message(code));
  }

  static std::uint64_t size_of(const ext2_inode_large& inode) {
    return inode.i_size | std::uint64_t{inode.i_size_high} << 32U;
  }

  static base::Epoch modified(const ext2_inode_large& inode) {
    // Two more bits extend the signed 32-bit seconds.
    const std::int64_t epochs = inode.i_mtime_extra & 3U;
    return base::Epoch(
        std::chrono::seconds(static_cast<std::int32_t>(inode.i_mtime) + (epochs << 32U)));
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

  std::optional<ext2_ino_t> find_inode(std::string_view path) const {
    ext2_ino_t number = EXT2_ROOT_INO;
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      if (type_of(read_inode(number).i_mode) != fs::FileType::directory) return std::nullopt;
      ext2_ino_t child = 0;
      const errcode_t code = ext2fs_lookup(fs_.get(), number, part.c_str(),
                                           static_cast<int>(part.size()), nullptr, &child);
      if (code == EXT2_ET_FILE_NOT_FOUND) return std::nullopt;
      check(code);
      number = child;
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
      if (got == 0) corrupt("a file ends before its size");
      done += got;
    }
    return content;
  }

  ReplayedSource replayed_;
  Ext4Handle fs_;
};

} // namespace

std::unique_ptr<FilesystemReader> open_ext4(const fs::ByteSource& source) {
  return std::make_unique<Ext4Reader>(source);
}

} // namespace imagewright::disk
