// SPDX-License-Identifier: MIT
#include "hollow_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::origin {

namespace {

constexpr std::size_t k_open_at_once = 256;

[[noreturn]] void fail(const std::string& path) {
  base::throw_system_error("origin.cannot-extract", "cannot fill", path, errno);
}

struct stat status_of(const fs::UniqueFd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path);
  return status;
}

} // namespace

bool is_all_hole(int file) {
  return ::lseek(file, 0, SEEK_DATA) < 0 && errno == ENXIO;
}

FileTime time_of(const timespec& time) {
  return {time.tv_sec, time.tv_nsec};
}

std::string joined(const std::string& mount_point, const std::string& path) {
  if (mount_point == "/") return path;
  return path == "/" ? mount_point : mount_point + path;
}

bool is_hollow(const Extraction& extraction, const ExtractedFile& extracted,
               const struct stat& status, int file) {
  return extracted.is_hollow && extracted.modified == time_of(status.st_mtim) &&
         extracted.size == static_cast<std::uint64_t>(status.st_size) &&
         (!extraction.tells_holes || is_all_hole(file));
}

void wait_for_next_tick(const Extraction& extraction) {
  FileTime newest;
  for (const auto& [identity, file] : extraction.files)
    newest = std::max(newest, file.changed);
  for (;;) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (time_of(now) > newest) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

fs::UniqueFd HollowFiles::fill(const fs::UniqueFd& name, const ExtractedFile& file) const {
  fs::UniqueFd target(
      ::open(fmt::format("/proc/self/fd/{}", name.get()).c_str(), O_RDWR | O_CLOEXEC));
  if (!target) fail(file.path);
  const struct stat before = status_of(target, file.path);
  if (!is_hollow(*extraction_, file, before, target.get())) return {};
  const auto write = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    workforce_.cancellation.check();
    fs::write_exactly(target.get(), bytes, offset, file.path);
  };
  base_.filesystems()[file.filesystem].read_pieces(file.inode, write);
  // The kernel takes setuid and setgid from a file that is written to.
  const mode_t permissions = before.st_mode & 07777U;
  const std::array times{before.st_mtim, before.st_mtim};
  const bool is_as_before = (status_of(target, file.path).st_mode & 07777U) == permissions ||
                            ::fchmod(target.get(), permissions) == 0;
  if (!is_as_before || ::futimens(target.get(), times.data()) != 0) fail(file.path);
  return target;
}

void HollowFiles::fill(const fs::UniqueFd& name) {
  struct stat status {};
  if (::fstat(name.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  const auto found = extraction_->files.find({status.st_dev, status.st_ino});
  if (found == extraction_->files.end() || !found->second.is_hollow) return;
  fill(name, found->second);
  found->second.is_hollow = false;
}

fs::UniqueFd HollowFiles::find_name(const fs::RootDir& files, const FileIdentity& identity,
                                    const ExtractedFile& file) const {
  const BaseFilesystem& filesystem = base_.filesystems()[file.filesystem];
  const auto open_if_same = [&](const std::string& path) -> fs::UniqueFd {
    const std::string in_root = joined(filesystem.mount_point, path);
    if (!files.find_status(in_root)) return {};
    fs::UniqueFd name = files.open(in_root, O_PATH | O_NOFOLLOW);
    const struct stat status = status_of(name, path);
    return identity == FileIdentity{status.st_dev, status.st_ino} ? std::move(name)
                                                                  : fs::UniqueFd();
  };
  if (fs::UniqueFd name = open_if_same(file.path)) return name;
  if (filesystem.table.inodes[file.inode].name_count == 1) return {};
  for (const tree::Entry& entry : filesystem.table.entries) {
    if (entry.inode != file.inode) continue;
    if (fs::UniqueFd name = open_if_same(entry.path)) return name;
  }
  return {};
}

void HollowFiles::fill_all(const std::vector<Waiting>& waiting) const {
  const auto fill_one = [&](std::size_t index) {
    ExtractedFile& file = *waiting[index].file;
    const bool is_untouched =
        file.changed == time_of(status_of(waiting[index].name, file.path).st_ctim);
    const fs::UniqueFd filled = fill(waiting[index].name, file);
    file.is_hollow = false;
    if (filled && is_untouched) file.changed = time_of(status_of(filled, file.path).st_ctim);
  };
  base::parallel_for(waiting.size(), workforce_.thread_count, workforce_.cancellation, fill_one);
}

void HollowFiles::fill_all(const fs::RootDir& files) {
  bool is_any = false;
  std::vector<Waiting> waiting;
  for (auto& [identity, file] : extraction_->files) {
    if (!file.is_hollow) continue;
    fs::UniqueFd name = find_name(files, identity, file);
    // It is gone, or set aside: then no program can see it, and it waits on.
    if (!name) continue;
    is_any = true;
    waiting.push_back({std::move(name), &file});
    if (waiting.size() < k_open_at_once) continue;
    fill_all(waiting);
    waiting.clear();
  }
  fill_all(waiting);
  if (is_any) wait_for_next_tick(*extraction_);
}

} // namespace imagewright::origin
