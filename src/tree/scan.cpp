// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/directory_cursor.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/runtime_directories.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/root/attributes.hpp>
#include <imagewright/tree/scan.hpp>

namespace imagewright::tree {

namespace {

constexpr std::array<std::string_view, 2> k_package_databases = {"/var/lib/rpm/",
                                                                 "/usr/lib/sysimage/rpm/"};

// GRUB and UEFI firmware read these files with drivers that do not know holes.
bool is_read_by_boot_loader(std::string_view path) {
  if (path.starts_with("/boot/") || path.starts_with("/efi/")) return true;
  const auto name = path.substr(path.rfind('/') + 1);
  return path.starts_with("/usr/lib/modules/") && name.starts_with("vmlinu");
}

/// The side files of SQLite beside the package database: "-wal" holds changes that are not in the
/// database yet.
bool is_database_side_file(std::string_view path) {
  if (!path.ends_with("-wal") && !path.ends_with("-shm")) return false;
  return std::any_of(k_package_databases.begin(), k_package_databases.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

/// What an image has to store at most of a file of which the host stores only a part.
std::uint64_t size_without_holes(int fd, std::uint64_t size) {
  std::uint64_t stored = 0;
  std::uint64_t position = 0;
  const auto count_gap = [&](std::uint64_t gap) {
    // Blocks at both ends of a gap are not wholly in it; what remains may be too small for a hole.
    if (gap < 2 * k_smallest_hole) stored += gap;
  };
  fs::for_each_data_extent(fd, [&](std::uint64_t offset, std::uint64_t length) {
    count_gap(offset - position);
    stored += length;
    position = offset + length;
  });
  count_gap(size - position);
  return stored;
}

/// One walk over a root.
class Scanner {
public:
  Scanner(const model::SealedRoot& root, const ScanOptions& options,
          const base::Cancellation& cancellation)
      : options_(options), cancellation_(cancellation) {
    tree_.host_path = root.path;
  }

  RootTree run() {
    fs::UniqueFd root(open(tree_.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!root || fstat(root.get(), &status) != 0) {
      base::throw_system_error("tree.cannot-read", "cannot open", tree_.host_path, errno);
    }
    device_ = status.st_dev;
    add("/", host_name(root.get(), "."), status);
    fs::DirectoryCursor cursor(std::move(root));
    walk(cursor);
    for (const auto& [path, override_data] : options_.overrides) {
      if (tree_.find(path) != nullptr) continue;
      throw base::Error(
          base::FailureKind::build, "tree.override-without-file",
          fmt::format("metadata is given for {}, which is not in the root", base::quoted(path)));
    }
    return std::move(tree_);
  }

private:
  static std::string host_name(int directory, const std::string& name) {
    return fmt::format("/proc/self/fd/{}/{}", directory, name);
  }

  std::string shown(const std::string& path) const { return tree_.host_path.string() + path; }

  std::vector<std::string> names_in(int directory, const std::string& path) const {
    try {
      return fs::names_in(directory);
    } catch (const std::system_error& error) {
      base::throw_system_error("tree.cannot-read", "cannot list", shown(path),
                               error.code().value());
    }
  }

  /// A directory that is being read: its names, and how many of them are done.
  struct Level {
    std::string path;
    std::vector<std::string> names;
    std::size_t done = 0;
  };

  void walk(fs::DirectoryCursor& cursor) {
    std::vector<Level> levels;
    levels.push_back({"/", names_in(cursor.fd(), "/")});
    while (!levels.empty()) {
      cancellation_.check();
      Level& level = levels.back();
      if (level.done == level.names.size()) {
        if (levels.size() > 1 && !cursor.leave())
          base::throw_system_error("tree.cannot-read", "cannot leave", shown(level.path), errno);
        levels.pop_back();
        continue;
      }
      const std::string name = level.names[level.done++];
      const std::string path = path_of(level.path, name);
      if (!visit(cursor.fd(), name, path)) continue;
      if (!cursor.enter(name))
        base::throw_system_error("tree.cannot-read", "cannot open", shown(path), errno);
      levels.push_back({path, names_in(cursor.fd(), path)});
    }
  }

  static std::string path_of(const std::string& directory, const std::string& name) {
    std::string path = directory == "/" ? "/" + name : directory + "/" + name;
    if (path.size() < PATH_MAX) return path;
    throw base::Error(base::FailureKind::build, "tree.path-too-long",
                      fmt::format("the path {}… has {} bytes; no program can name files whose "
                                  "paths have more than {}",
                                  base::quoted(path.substr(0, 64)), path.size(), PATH_MAX - 1),
                      "find out which package or script makes such directories");
  }

  /// True for a directory whose content belongs to the tree.
  bool visit(int directory, const std::string& name, const std::string& path) {
    struct stat status {};
    if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      base::throw_system_error("tree.cannot-read", "cannot examine", shown(path), errno);
    }
    const bool is_kept = options_.keeps && options_.keeps(path, status);
    if (!is_kept && is_left_out(path, status)) return false;
    add(path, host_name(directory, name), status);
    if (!S_ISDIR(status.st_mode) || status.st_dev != device_) return false;
    return is_kept || !is_runtime_directory(path);
  }

  static bool is_runtime_directory(const std::string& path) {
    return std::find(fs::k_runtime_directories.begin(), fs::k_runtime_directories.end(), path) !=
           fs::k_runtime_directories.end();
  }

  static bool is_in_runtime_directory(const std::string& path) {
    return std::any_of(fs::k_runtime_directories.begin(), fs::k_runtime_directories.end(),
                       [&](std::string_view directory) {
                         return path.size() > directory.size() && path.starts_with(directory) &&
                                path[directory.size()] == '/';
                       });
  }

  bool is_left_out(const std::string& path, const struct stat& status) const {
    // Walked into for what is kept of it.
    if (is_in_runtime_directory(path)) return true;
    if (S_ISSOCK(status.st_mode)) return true;
    if (!S_ISREG(status.st_mode) || !is_database_side_file(path)) return false;
    if (path.ends_with("-wal") && status.st_size > 0) {
      throw base::Error(base::FailureKind::build, "tree.database-in-use",
                        fmt::format("{} holds changes that are not in the package database yet",
                                    base::quoted(shown(path))),
                        "end every program that has the package database open, and build again");
    }
    return true;
  }

  void add(const std::string& path, const std::string& host_name, const struct stat& status) {
    const auto identity = std::make_pair(status.st_dev, status.st_ino);
    const bool may_have_names = !S_ISDIR(status.st_mode) && status.st_nlink > 1;
    if (may_have_names) {
      if (const auto known = linked_.find(identity); known != linked_.end()) {
        ++tree_.inodes[known->second].name_count;
        tree_.entries.push_back({path, known->second});
        return;
      }
      linked_.emplace(identity, tree_.inodes.size());
    }
    tree_.entries.push_back({path, tree_.inodes.size()});
    tree_.inodes.push_back(read_inode(path, host_name, status));
  }

  Inode read_inode(const std::string& path, const std::string& host_name,
                   const struct stat& status) const {
    Inode inode;
    inode.type = fs::find_file_type(status.st_mode).value_or(fs::FileType::regular);
    inode.permissions = status.st_mode & 07777U;
    inode.owner = image_id(status.st_uid, options_.user_ids, path);
    inode.group = image_id(status.st_gid, options_.group_ids, path);
    const base::Epoch modified{std::chrono::seconds(status.st_mtim.tv_sec)};
    inode.modified = std::min(modified, options_.epoch);
    inode.attributes = root::read_attributes(host_name, shown(path));
    if (inode.type == fs::FileType::regular) read_regular(inode, path, host_name, status);
    if (inode.type == fs::FileType::symlink) inode.target = read_target(host_name, path);
    if (inode.type == fs::FileType::character_device || inode.type == fs::FileType::block_device) {
      inode.device = {major(status.st_rdev), minor(status.st_rdev)};
    }
    if (options_.find_override) {
      if (const auto known = options_.find_override(path)) apply(*known, inode);
    }
    if (const auto found = options_.overrides.find(path); found != options_.overrides.end()) {
      apply(found->second, inode);
    }
    if (options_.complete) options_.complete(path, status, inode);
    return inode;
  }

  void read_regular(Inode& inode, const std::string& path, const std::string& host_name,
                    const struct stat& status) const {
    inode.size = static_cast<std::uint64_t>(status.st_size);
    inode.content = path;
    inode.holes = is_read_by_boot_loader(path) ? Holes::forbidden : Holes::allowed;
    inode.stored_size = inode.size;
    // stat(2): st_blocks counts units of 512 bytes.
    const auto allocated = static_cast<std::uint64_t>(status.st_blocks) * 512U;
    if (inode.holes == Holes::forbidden || allocated >= inode.size) return;
    const fs::UniqueFd file(open(host_name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) base::throw_system_error("tree.cannot-read", "cannot open", shown(path), errno);
    inode.stored_size = size_without_holes(file.get(), inode.size);
  }

  std::string read_target(const std::string& host_name, const std::string& path) const {
    std::string target(PATH_MAX, '\0');
    const ssize_t length = readlink(host_name.c_str(), target.data(), target.size());
    if (length < 0) {
      base::throw_system_error("tree.cannot-read", "cannot read the link", shown(path), errno);
    }
    target.resize(static_cast<std::size_t>(length));
    return target;
  }

  std::uint32_t image_id(std::uint32_t host, const std::vector<IdRange>& ranges,
                         const std::string& path) const {
    if (ranges.empty()) return host;
    for (const IdRange& range : ranges) {
      if (host >= range.host && host - range.host < range.count) {
        return range.image + (host - range.host);
      }
    }
    throw base::Error(base::FailureKind::build, "tree.foreign-owner",
                      fmt::format("{} belongs to id {} of the host, which is nobody in the image",
                                  base::quoted(shown(path)), host),
                      "remove the build's working directory and build again");
  }

  static void apply(const MetadataOverride& change, Inode& inode) {
    inode.owner = change.owner.value_or(inode.owner);
    inode.group = change.group.value_or(inode.group);
    inode.permissions = change.permissions.value_or(inode.permissions);
    if (change.capability) {
      std::erase_if(inode.attributes,
                    [](const auto& attribute) { return attribute.name == "security.capability"; });
      if (!change.capability->empty()) {
        inode.attributes.push_back({"security.capability", *change.capability});
        std::sort(inode.attributes.begin(), inode.attributes.end());
      }
    }
    if (change.device) {
      inode.type = change.device->type;
      inode.device = change.device->number;
      inode.size = inode.stored_size = 0;
      inode.content.clear();
    }
  }

  const ScanOptions& options_;
  const base::Cancellation& cancellation_;
  RootTree tree_;
  dev_t device_ = 0;
  std::map<std::pair<dev_t, ino_t>, std::size_t> linked_;
};

/// What the record knows, in the words of the scan.
MetadataOverride override_from(const sandbox::RecordedMetadata& recorded) {
  MetadataOverride change{.owner = recorded.owner, .group = recorded.group};
  if (recorded.device_type != 0) {
    change.device = DeviceNode{.type = *fs::find_file_type(recorded.device_type),
                               .number = {::major(recorded.device), ::minor(recorded.device)}};
  }
  return change;
}

} // namespace

RootTree scan(const model::SealedRoot& root, const ScanOptions& options,
              const base::Cancellation& cancellation) {
  return Scanner(root, options, cancellation).run();
}

ScanOptions scan_options_of(const root::WorkRoot& root) {
  ScanOptions options;
  options.epoch = root.epoch();
  options.find_override =
      [&record = root.record()](const std::string& path) -> std::optional<MetadataOverride> {
    const auto found = record.find(path);
    if (found == record.end()) return std::nullopt;
    return override_from(found->second);
  };
  return options;
}

RootTree scan(const root::WorkRoot& root, const base::Cancellation& cancellation) {
  const ScanOptions options = scan_options_of(root);
  return scan(model::SealedRoot{.path = root.options().directory}, options, cancellation);
}

} // namespace imagewright::tree
