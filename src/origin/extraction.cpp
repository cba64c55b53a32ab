// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/origin/extraction.hpp>

#include "hollow_files.hpp"

namespace imagewright::origin {

namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, int error_number) {
  base::throw_system_error("origin.cannot-extract", what, path, error_number);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// Where other filesystems are mounted in this one, as paths within it.
std::vector<std::string> mounts_inside(const BaseImage& base, std::size_t filesystem) {
  const std::string& own = base.filesystems()[filesystem].mount_point;
  const std::string prefix = own == "/" ? "/" : own + "/";
  std::vector<std::string> inside;
  for (const BaseFilesystem& other : base.filesystems()) {
    if (other.mount_point == own || !other.mount_point.starts_with(prefix)) continue;
    inside.push_back(own == "/" ? other.mount_point : other.mount_point.substr(own.size()));
  }
  return inside;
}

/// Puts one filesystem into the root.
class Extractor {
public:
  Extractor(const BaseImage& base, std::size_t number, root::WorkRoot& root,
            const base::Cancellation& cancellation)
      : filesystem_(base.filesystems()[number]), mounts_(mounts_inside(base, number)), root_(root),
        cancellation_(cancellation) {}

  /// Whether the host tells of holes.
  bool run() {
    for (const tree::Entry& entry : filesystem_.table.entries) {
      cancellation_.check();
      if (!is_hidden_here(entry.path)) place(entry, filesystem_.table.inodes[entry.inode]);
    }
    finish_metadata();
    return tells_holes_;
  }

private:
  bool is_hidden_here(const std::string& path) const {
    return std::ranges::any_of(
        mounts_, [&](const std::string& mount) { return base::is_below(path, mount); });
  }

  std::string in_root(const std::string& path) const {
    return joined(filesystem_.mount_point, path);
  }

  void place(const tree::Entry& entry, const tree::Inode& inode) {
    if (entry.path == "/") {
      if (filesystem_.mount_point != "/") root_.files().make_directories(filesystem_.mount_point);
      return;
    }
    const std::string path = in_root(entry.path);
    const fs::UniqueFd parent =
        root_.files().open(parent_of(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const std::string name = name_of(path);
    const auto [known, is_new] = first_names_.emplace(entry.inode, path);
    if (!is_new) {
      link(known->second, parent, name, path);
    } else {
      make(parent, path, inode);
    }
  }

  void link(const std::string& first, const fs::UniqueFd& parent, const std::string& name,
            const std::string& path) {
    const fs::UniqueFd other =
        root_.files().open(parent_of(first), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (::linkat(other.get(), name_of(first).c_str(), parent.get(), name.c_str(), 0) != 0)
      fail("cannot link", path, errno);
  }

  void make(const fs::UniqueFd& parent, const std::string& path, const tree::Inode& inode) {
    const std::string name = name_of(path);
    int result = 0;
    switch (inode.type) {
    case fs::FileType::directory:
      result = ::mkdirat(parent.get(), name.c_str(), 0700);
      break;
    case fs::FileType::symlink:
      result = ::symlinkat(inode.target.c_str(), parent.get(), name.c_str());
      break;
    case fs::FileType::fifo:
    case fs::FileType::socket:
      result = ::mknodat(parent.get(), name.c_str(), fs::type_bits(inode.type) | 0600U, 0);
      break;
    case fs::FileType::regular:
    case fs::FileType::character_device:
    case fs::FileType::block_device: {
      const fs::UniqueFd file(::openat(parent.get(), name.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!file) fail("cannot make", path, errno);
      if (inode.type != fs::FileType::regular || inode.size == 0) break;
      result = ::ftruncate(file.get(), static_cast<off_t>(inode.size));
      tells_holes_ = tells_holes_ && is_all_hole(file.get());
      break;
    }
    }
    if (result != 0) fail("cannot make", path, errno);
  }

  /// From the leaves to the root: what is done to a directory's names changes its time.
  void finish_metadata() {
    const auto& entries = filesystem_.table.entries;
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (is_hidden_here(entry->path)) continue;
      const std::string path = in_root(entry->path);
      const auto first = first_names_.find(entry->inode);
      if (first != first_names_.end() && first->second != path) continue;
      set_metadata(path, filesystem_.table.inodes[entry->inode]);
    }
  }

  void set_metadata(const std::string& path, const tree::Inode& inode) {
    if (inode.owner != 0 || inode.group != 0) root_.own(path, inode.owner, inode.group);
    if (inode.type == fs::FileType::character_device || inode.type == fs::FileType::block_device)
      root_.make_device(path, fs::type_bits(inode.type),
                        ::makedev(inode.device.major, inode.device.minor));
    const fs::UniqueFd parent = root_.files().open(parent_of(path), O_RDONLY | O_DIRECTORY);
    const std::string name = path == "/" ? "." : name_of(path);
    if (inode.type != fs::FileType::symlink &&
        ::fchmodat(parent.get(), name.c_str(), inode.permissions, 0) != 0)
      fail("cannot set the permissions of", path, errno);
    const timespec modified{.tv_sec = inode.modified.time_since_epoch().count(),
                            .tv_nsec = inode.modified_nanoseconds};
    const std::array times{modified, modified};
    if (::utimensat(parent.get(), name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
      fail("cannot set the time of", path, errno);
  }

  const BaseFilesystem& filesystem_;
  std::vector<std::string> mounts_;
  root::WorkRoot& root_;
  const base::Cancellation& cancellation_;
  std::map<std::size_t, std::string> first_names_; ///< by inode of the table
  bool tells_holes_ = true;
};

/// What the host says of each file once nothing more is done to them.
void note_files(const BaseImage& base, const root::WorkRoot& root, Extraction& extraction) {
  for (std::size_t number = 0; number < base.filesystems().size(); ++number) {
    const BaseFilesystem& filesystem = base.filesystems()[number];
    const std::vector<std::string> mounts = mounts_inside(base, number);
    for (const tree::Entry& entry : filesystem.table.entries) {
      const auto hides = [&](const std::string& mount) {
        return base::is_below(entry.path, mount);
      };
      if (std::ranges::any_of(mounts, hides)) continue;
      const std::string path = joined(filesystem.mount_point, entry.path);
      const fs::UniqueFd file = root.files().open(path, O_PATH | O_NOFOLLOW);
      struct stat status {};
      if (::fstat(file.get(), &status) != 0) fail("cannot examine", path, errno);
      const ExtractedFile extracted{.filesystem = number,
                                    .inode = entry.inode,
                                    .path = entry.path,
                                    .changed = time_of(status.st_ctim),
                                    .modified = time_of(status.st_mtim),
                                    .size = static_cast<std::uint64_t>(status.st_size),
                                    .is_hollow = S_ISREG(status.st_mode) && status.st_size > 0};
      const auto [known, is_new] =
          extraction.files.emplace(FileIdentity{status.st_dev, status.st_ino}, extracted);
      // A mount point is the root of what is mounted there, which comes later.
      if (!is_new && known->second.filesystem != number) known->second = extracted;
    }
  }
}

} // namespace

bool is_hidden(const BaseImage& base, std::size_t filesystem, const std::string& path) {
  return std::ranges::any_of(mounts_inside(base, filesystem),
                             [&](const std::string& mount) { return base::is_below(path, mount); });
}

std::shared_ptr<const Extraction> extract(const BaseImage& base, root::WorkRoot& root,
                                          const root::Workforce& workforce) {
  const auto extraction = std::make_shared<Extraction>();
  for (std::size_t number = 0; number < base.filesystems().size(); ++number) {
    const bool tells_holes = Extractor(base, number, root, workforce.cancellation).run();
    extraction->tells_holes = extraction->tells_holes && tells_holes;
  }
  note_files(base, root, *extraction);
  wait_for_next_tick(*extraction);
  root.expect_content(std::make_shared<HollowFiles>(base, extraction, workforce));
  // Where nobody could tell later which files still wait, none may.
  if (!extraction->tells_holes) root.require_content();
  return extraction;
}

} // namespace imagewright::origin
