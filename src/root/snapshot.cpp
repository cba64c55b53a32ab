// SPDX-License-Identifier: MIT
#include <cerrno>
#include <map>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/root/snapshot.hpp>

#include "entry_reader.hpp"
#include "tree_walk.hpp"

namespace imagewright::root {

namespace {

[[noreturn]] void fail(const std::string& path) {
  base::throw_system_error("root.cannot-examine", "cannot examine in the root", path, errno);
}

std::string target_of(int directory, const std::string& name, const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) fail(path);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

/// Collects names in the order of the walk.
class SnapshotTaker {
public:
  explicit SnapshotTaker(const WorkRoot& root) : root_(root) {}

  Snapshot names() {
    const fs::RootDir& files = root_.files();
    const fs::UniqueFd top = files.open("/", O_RDONLY | O_DIRECTORY);
    add(top.get(), ".", "/");
    walk(files,
         [&](const WalkedEntry& place) { add(place.directory, place.entry.name, place.path); });
    return std::move(snapshot_);
  }

private:
  void add(int directory, const std::string& name, const std::string& path) {
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail(path);
    SnapshotEntry entry = entry_of(root_, path, status);
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
      const auto [first, is_new] = linked_.emplace(status.st_ino, path);
      if (!is_new) {
        snapshot_.entries.push_back({.path = path, .type = entry.type, .same_as = first->second});
        return;
      }
    }
    entry.attributes =
        read_attributes("/proc/self/fd/" + std::to_string(directory) + "/" + name, path);
    if (entry.type == fs::FileType::symlink) entry.target = target_of(directory, name, path);
    snapshot_.entries.push_back(std::move(entry));
  }

  const WorkRoot& root_;
  Snapshot snapshot_;
  std::map<ino_t, std::string> linked_; ///< the first path of each file with several names
};

} // namespace

SnapshotEntry entry_of(const WorkRoot& root, const std::string& path, const struct stat& status) {
  SnapshotEntry entry{.path = path,
                      .type = fs::find_file_type(status.st_mode).value_or(fs::FileType::regular),
                      .permissions = status.st_mode & 07777U,
                      .owner = status.st_uid,
                      .group = status.st_gid,
                      .modified_seconds = status.st_mtim.tv_sec,
                      .modified_nanoseconds = status.st_mtim.tv_nsec};
  const auto recorded = root.record().find(path);
  if (recorded == root.record().end()) return entry;
  const auto& [owner, group, device_type, device] = recorded->second;
  entry.owner = owner.value_or(entry.owner);
  entry.group = group.value_or(entry.group);
  if (device_type != 0) {
    entry.type = fs::find_file_type(device_type).value_or(entry.type);
    entry.device = device;
  }
  return entry;
}

TakenSnapshot take_snapshot(const WorkRoot& root, ContentStore& store, const Workforce& workforce) {
  TakenSnapshot taken{.snapshot = SnapshotTaker(root).names(), .known = {}};
  std::vector<SnapshotEntry*> files;
  for (SnapshotEntry& entry : taken.snapshot.entries) {
    if (entry.type == fs::FileType::regular && entry.same_as.empty()) files.push_back(&entry);
  }
  std::vector<struct stat> stamps(files.size());
  base::parallel_for(files.size(), workforce.thread_count, workforce.cancellation,
                     [&](std::size_t index) {
                       SnapshotEntry& entry = *files[index];
                       const fs::UniqueFd file = root.files().open_file(entry.path);
                       entry.content = store.put(file.get(), entry.path);
                       if (::fstat(file.get(), &stamps[index]) != 0) fail(entry.path);
                     });
  for (std::size_t index = 0; index < files.size(); ++index)
    taken.known.learn(stamps[index], files[index]->content.digest);
  return taken;
}

} // namespace imagewright::root
