// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/zeros.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/origin/restored_tree.hpp>
#include <imagewright/tree/scan.hpp>

#include "access_list.hpp"
#include "base_files.hpp"
#include "hollow_files.hpp"

namespace imagewright::origin {

namespace {

constexpr std::string_view k_access_list = "system.posix_acl_access";

/// What is said about a content, and is wrong about any other.
bool vouches_for_content(const tree::ExtendedAttribute& attribute) {
  return attribute.name == "security.capability" || attribute.name == "security.ima" ||
         attribute.name == "security.evm";
}

/// Both; where they have the same name, the host's.
std::vector<tree::ExtendedAttribute> merged(std::vector<tree::ExtendedAttribute> base,
                                            std::vector<tree::ExtendedAttribute> host) {
  std::erase_if(base, [&](const tree::ExtendedAttribute& attribute) {
    return std::ranges::any_of(host, [&](const auto& own) { return own.name == attribute.name; });
  });
  host.insert(host.end(), base.begin(), base.end());
  std::ranges::sort(host);
  return host;
}

void follow_mode(tree::Inode& inode) {
  for (tree::ExtendedAttribute& attribute : inode.attributes) {
    if (attribute.name == k_access_list)
      attribute.value = access_list_with_mode(std::move(attribute.value), inode.permissions);
  }
}

class Restorer {
public:
  Restorer(const BaseImage& base, const Extraction& extraction, const root::WorkRoot& root)
      : base_(base), extraction_(extraction), root_(root),
        contents_(std::make_shared<BaseFiles>(base)) {
    note_base_paths();
  }

  bool keeps(const struct stat& status) const { return find(status) != nullptr; }

  /// Devices are made anew whenever programs run: of these the path tells what they were.
  bool keeps(const std::string& path, const struct stat& status) const {
    return keeps(status) || is_device_of_base(path);
  }

  void complete(const std::string& path, const struct stat& status, tree::Inode& inode) {
    if (restore_device(path, inode)) return;
    const ExtractedFile* file = find(status);
    if (file == nullptr) return;
    const tree::Inode& known = base_.filesystems()[file->filesystem].table.inodes[file->inode];
    if (known.type != inode.type) return;
    if (file->changed == time_of(status.st_ctim)) {
      take_all(known, inode);
      keep_content(*file, inode);
      return;
    }
    restore_touched(*file, known, status, inode);
  }

  tree::RootTree finish(tree::RootTree tree) {
    restore_directory_times(tree);
    tree.distant = contents_;
    return tree;
  }

private:
  const ExtractedFile* find(const struct stat& status) const {
    const auto found = extraction_.files.find({status.st_dev, status.st_ino});
    return found == extraction_.files.end() ? nullptr : &found->second;
  }

  static bool is_device(const tree::Inode& inode) {
    return inode.type == fs::FileType::character_device || inode.type == fs::FileType::block_device;
  }

  void note_base_paths() {
    for (std::size_t number = 0; number < base_.filesystems().size(); ++number) {
      const BaseFilesystem& filesystem = base_.filesystems()[number];
      const std::string prefix = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
      for (const tree::Entry& entry : filesystem.table.entries) {
        if (is_hidden(base_, number, entry.path)) continue;
        const std::string path = entry.path == "/" ? filesystem.mount_point : prefix + entry.path;
        const tree::Inode& inode = filesystem.table.inodes[entry.inode];
        if (is_device(inode)) devices_[path] = &inode;
        if (path == "/") continue;
        const std::size_t slash = path.rfind('/');
        names_[slash == 0 ? "/" : path.substr(0, slash)].insert(path.substr(slash + 1));
      }
    }
  }

  bool is_device_of_base(const std::string& path) const {
    const auto known = devices_.find(path);
    if (known == devices_.end()) return false;
    const auto recorded = root_.record().find(path);
    return recorded != root_.record().end() && recorded->second.device_type != 0;
  }

  bool restore_device(const std::string& path, tree::Inode& inode) const {
    const auto known = devices_.find(path);
    if (!is_device(inode) || known == devices_.end()) return false;
    const tree::Inode& base = *known->second;
    const bool is_same = base.type == inode.type && base.device == inode.device &&
                         base.owner == inode.owner && base.group == inode.group &&
                         base.permissions == inode.permissions;
    if (is_same) take_all(base, inode);
    return is_same;
  }

  /// Everything but where the content is, and how many names there are.
  static void take_all(const tree::Inode& known, tree::Inode& inode) {
    tree::Inode taken = known;
    taken.content = std::move(inode.content);
    taken.name_count = inode.name_count;
    inode = std::move(taken);
  }

  void keep_content(const ExtractedFile& file, tree::Inode& inode) const {
    if (inode.type != fs::FileType::regular) return;
    inode.distant = content_number(file.filesystem, file.inode);
    inode.stored_size = contents_->stored_size(*inode.distant);
  }

  void restore_touched(const ExtractedFile& file, const tree::Inode& known,
                       const struct stat& status, tree::Inode& inode) const {
    const bool has_time = file.modified == time_of(status.st_mtim);
    std::vector<tree::ExtendedAttribute> attributes = known.attributes;
    bool is_same_content = true;
    if (inode.type == fs::FileType::regular) {
      is_same_content =
          file.size == static_cast<std::uint64_t>(status.st_size) &&
          (is_untouched_content(file, status, inode) || has_same_content(file, inode));
      if (is_same_content) {
        inode.holes = known.holes;
        keep_content(file, inode);
      } else {
        std::erase_if(attributes, vouches_for_content);
      }
    }
    inode.attributes = merged(std::move(attributes), std::move(inode.attributes));
    if (inode.permissions != known.permissions) follow_mode(inode);
    inode.flags = known.flags;
    if (has_time && is_same_content) take_time(known, inode);
  }

  static void take_time(const tree::Inode& known, tree::Inode& inode) {
    inode.modified = known.modified;
    inode.modified_nanoseconds = known.modified_nanoseconds;
  }

  /// Nobody has even asked for it.
  bool is_untouched_content(const ExtractedFile& file, const struct stat& status,
                            const tree::Inode& inode) const {
    if (!file.is_hollow) return false;
    const std::string path = root_.options().directory.string() + inode.content;
    const fs::UniqueFd host(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    return host && is_hollow(extraction_, file, status, host.get());
  }

  /// A program may have set a time back: only the bytes tell.
  bool has_same_content(const ExtractedFile& file, const tree::Inode& inode) const {
    const fs::UniqueFd host = root_.files().open_file(inode.content);
    std::vector<std::byte> buffer;
    std::uint64_t position = 0;
    bool is_same = true;
    const auto compare = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
      if (!is_same) return;
      is_same = is_zero(host.get(), position, offset, inode.content);
      buffer.resize(bytes.size());
      fs::read_exactly(host.get(), buffer, offset, inode.content);
      is_same = is_same && std::ranges::equal(buffer, bytes);
      position = offset + bytes.size();
    };
    base_.filesystems()[file.filesystem].read_pieces(file.inode, compare);
    return is_same && is_zero(host.get(), position, file.size, inode.content);
  }

  static bool is_zero(int file, std::uint64_t start, std::uint64_t end, const std::string& name) {
    std::vector<std::byte> buffer(std::min<std::uint64_t>(end - start, 1U << 20U));
    while (start < end) {
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - start));
      fs::read_exactly(file, piece, start, name);
      if (!base::is_all_zero(piece)) return false;
      start += piece.size();
    }
    return true;
  }

  /// The time of a directory says when its names changed, and our own machinery comes and goes
  /// there: mount points, files of scripts, stand-ins of devices.
  void restore_directory_times(tree::RootTree& tree) {
    std::map<std::string, std::set<std::string>, std::less<>> now;
    for (const tree::Entry& entry : tree.entries) {
      if (entry.path == "/") continue;
      const std::size_t slash = entry.path.rfind('/');
      now[slash == 0 ? "/" : entry.path.substr(0, slash)].insert(entry.path.substr(slash + 1));
    }
    for (std::size_t number = 0; number < base_.filesystems().size(); ++number) {
      const BaseFilesystem& filesystem = base_.filesystems()[number];
      const std::string prefix = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
      for (const tree::Entry& entry : filesystem.table.entries) {
        const tree::Inode& known = filesystem.table.inodes[entry.inode];
        if (known.type != fs::FileType::directory || is_hidden(base_, number, entry.path)) continue;
        const std::string path = entry.path == "/" ? filesystem.mount_point : prefix + entry.path;
        if (now[path] != names_[path]) continue;
        const auto place =
            std::ranges::lower_bound(tree.entries, path, tree::is_before, &tree::Entry::path);
        if (place == tree.entries.end() || place->path != path) continue;
        tree::Inode& inode = tree.inodes[place->inode];
        if (inode.type == fs::FileType::directory) take_time(known, inode);
      }
    }
  }

  const BaseImage& base_;
  const Extraction& extraction_;
  const root::WorkRoot& root_;
  std::shared_ptr<const BaseFiles> contents_;
  std::map<std::string, const tree::Inode*, std::less<>> devices_;
  std::map<std::string, std::set<std::string>, std::less<>> names_; ///< by directory
};

} // namespace

tree::RootTree restore(const BaseImage& base, const Extraction& extraction,
                       const root::WorkRoot& root, const base::Cancellation& cancellation) {
  Restorer restorer(base, extraction, root);
  tree::ScanOptions options = tree::scan_options_of(root);
  options.keeps = [&](const std::string& path, const struct stat& status) {
    return restorer.keeps(path, status);
  };
  options.complete = [&](const std::string& path, const struct stat& status, tree::Inode& inode) {
    restorer.complete(path, status, inode);
  };
  model::SealedRoot sealed;
  sealed.path = root.options().directory;
  return restorer.finish(tree::scan(sealed, options, cancellation));
}

} // namespace imagewright::origin
