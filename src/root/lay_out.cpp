// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/root/snapshot.hpp>

namespace imagewright::root {

namespace {

[[noreturn]] void fail(const std::string& path) {
  const bool is_full = errno == ENOSPC || errno == EDQUOT;
  base::throw_system_error(is_full ? "fs.disk-full" : "root.cannot-lay-out",
                           "cannot lay out in the root", path, errno);
}

/// Files of a new root, in which nobody else makes names meanwhile.
class NewRoot {
public:
  NewRoot(const Snapshot& snapshot, const WorkRoot& root, ContentStore& store)
      : entries_(snapshot.entries), top_(root.files().open("/", O_RDONLY | O_DIRECTORY)),
        store_(store), noted_(snapshot.entries.size()) {}

  void make(const Workforce& workforce) {
    std::vector<std::size_t> files;
    for (std::size_t index = 1; index < entries_.size(); ++index) {
      const SnapshotEntry& entry = entries_[index];
      if (!entry.same_as.empty()) continue;
      if (entry.type == fs::FileType::regular) {
        files.push_back(index);
      } else {
        make_other(entry);
      }
    }
    const std::vector<std::size_t> order = apart(files, workforce.thread_count);
    base::parallel_for(order.size(), workforce.thread_count, workforce.cancellation,
                       [&](std::size_t number) { make_file(order[number]); });
    for (const SnapshotEntry& entry : entries_) {
      if (entry.same_as.empty()) continue;
      if (::linkat(top_.get(), relative(entry.same_as), top_.get(), relative(entry.path), 0) != 0)
        fail(entry.path);
    }
    // From the end: what is made in a directory changes its times.
    for (std::size_t index = entries_.size(); index-- > 0;) {
      const SnapshotEntry& entry = entries_[index];
      if (entry.same_as.empty() && entry.type != fs::FileType::regular) finish(index);
    }
  }

  Record record() const {
    Record record;
    std::map<std::string_view, std::size_t> first;
    for (std::size_t index = 0; index < entries_.size(); ++index) {
      const SnapshotEntry& entry = entries_[index];
      if (entry.same_as.empty()) first.emplace(entry.path, index);
      const auto& noted = noted_[entry.same_as.empty() ? index : first.at(entry.same_as)];
      if (!noted.says_nothing()) record[entry.path] = noted;
    }
    return record;
  }

  KnownContent known() const {
    KnownContent known;
    for (std::size_t index = 0; index < entries_.size(); ++index) {
      const SnapshotEntry& entry = entries_[index];
      if (entry.type != fs::FileType::regular || !entry.same_as.empty()) continue;
      struct stat status {};
      // Links that were made since have changed the stamp.
      if (::fstatat(top_.get(), relative(entry.path), &status, AT_SYMLINK_NOFOLLOW) != 0)
        fail(entry.path);
      known.learn(status, entry.content.digest);
    }
    return known;
  }

private:
  /// So that threads are at work in different directories: of two that make names in one, the other
  /// waits for it.
  static std::vector<std::size_t> apart(const std::vector<std::size_t>& files,
                                        std::size_t thread_count) {
    const std::size_t share = files.size() / std::max<std::size_t>(thread_count, 1) + 1;
    std::vector<std::size_t> order;
    for (std::size_t step = 0; step < share; ++step) {
      for (std::size_t at = step; at < files.size(); at += share)
        order.push_back(files[at]);
    }
    return order;
  }

  static const char* relative(const std::string& path) {
    return path == "/" ? "." : path.c_str() + 1;
  }

  fs::UniqueFd open(const SnapshotEntry& entry, int flags) const {
    open_how how{};
    how.flags = static_cast<unsigned>(flags) | static_cast<unsigned>(O_CLOEXEC);
    how.mode = (flags & O_CREAT) != 0 ? 0600 : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    fs::UniqueFd file(static_cast<int>(
        ::syscall(SYS_openat2, top_.get(), relative(entry.path), &how, sizeof how)));
    if (!file) fail(entry.path);
    return file;
  }

  static bool is_device(const SnapshotEntry& entry) {
    return entry.type == fs::FileType::character_device || entry.type == fs::FileType::block_device;
  }

  void make_other(const SnapshotEntry& entry) const {
    int result = 0;
    if (entry.type == fs::FileType::directory) {
      result = ::mkdirat(top_.get(), relative(entry.path), 0700);
    } else if (entry.type == fs::FileType::symlink) {
      result = ::symlinkat(entry.target.c_str(), top_.get(), relative(entry.path));
    } else {
      // An empty file stands in for a device.
      const mode_t type = is_device(entry) ? S_IFREG : fs::type_bits(entry.type);
      result = ::mknodat(top_.get(), relative(entry.path), type | 0600U, 0);
    }
    if (result != 0) fail(entry.path);
  }

  void make_file(std::size_t index) {
    const SnapshotEntry& entry = entries_[index];
    const fs::UniqueFd file = open(entry, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
    store_.get(entry.content, file.get(), entry.path);
    own(file.get(), index);
    set_attributes("/proc/self/fd/" + std::to_string(file.get()), entry, ::setxattr);
    const std::array times = times_of(entry);
    if (::fchmod(file.get(), entry.permissions) != 0 || ::futimens(file.get(), times.data()) != 0)
      fail(entry.path);
  }

  /// Everything but content of what is no regular file.
  void finish(std::size_t index) {
    const SnapshotEntry& entry = entries_[index];
    const fs::UniqueFd file = open(entry, O_PATH | O_NOFOLLOW);
    const std::string name = "/proc/self/fd/" + std::to_string(file.get());
    own(file.get(), index);
    const std::array times = times_of(entry);
    if (entry.type == fs::FileType::symlink) {
      if (::utimensat(top_.get(), relative(entry.path), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        fail(entry.path);
      return;
    }
    set_attributes(name, entry, ::setxattr);
    if (::chmod(name.c_str(), entry.permissions) != 0 ||
        ::utimensat(AT_FDCWD, name.c_str(), times.data(), 0) != 0)
      fail(entry.path);
  }

  void own(int file, std::size_t index) {
    const SnapshotEntry& entry = entries_[index];
    sandbox::RecordedMetadata noted;
    if (is_device(entry)) {
      noted.device_type = fs::type_bits(entry.type);
      noted.device = entry.device;
    }
    const auto change = sandbox::change_owner(file, entry.owner, entry.group, noted);
    if (change.error_number != 0) {
      errno = change.error_number;
      fail(entry.path);
    }
    noted_[index] = change.metadata;
  }

  template <typename Set>
  static void set_attributes(const std::string& name, const SnapshotEntry& entry, Set set) {
    for (const auto& [attribute, value] : entry.attributes) {
      if (set(name.c_str(), attribute.c_str(), value.data(), value.size(), 0) != 0)
        fail(entry.path);
    }
  }

  static std::array<timespec, 2> times_of(const SnapshotEntry& entry) {
    const timespec time{.tv_sec = entry.modified_seconds, .tv_nsec = entry.modified_nanoseconds};
    return {time, time};
  }

  const std::vector<SnapshotEntry>& entries_;
  fs::UniqueFd top_;
  ContentStore& store_;
  std::vector<sandbox::RecordedMetadata> noted_; ///< by entry; what the host refused to store
};

} // namespace

KnownContent lay_out(const Snapshot& snapshot, WorkRoot& root, ContentStore& store,
                     const Workforce& workforce) {
  NewRoot files(snapshot, root, store);
  files.make(workforce);
  root.take_over(files.record());
  return files.known();
}

} // namespace imagewright::root
