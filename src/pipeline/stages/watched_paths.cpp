// SPDX-License-Identifier: MIT
#include "watched_paths.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::pipeline {

namespace {

using Time = std::chrono::system_clock::time_point;

/// No filesystem counts time more coarsely (FAT does it like this).
constexpr std::chrono::seconds k_coarsest_clock{2};

Time time_of(const timespec& time) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::seconds(time.tv_sec) +
                                                         std::chrono::nanoseconds(time.tv_nsec)));
}

Time time_of_change(const struct stat& status) {
  return std::max(time_of(status.st_mtim), time_of(status.st_ctim));
}

/// Only what is nowhere is absent: what cannot be looked at is not known.
std::optional<std::string> find_stamp(const WatchedPath& watched, struct stat& status) {
  const char* path = watched.path.c_str();
  if ((watched.is_link ? ::lstat(path, &status) : ::stat(path, &status)) == 0)
    return stamp_of(status);
  if (errno == ENOENT || errno == ENOTDIR) return "";
  return std::nullopt;
}

std::string names_in(const std::filesystem::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.insert(entry.path().filename().string());
  sandbox::ByteWriter writer;
  for (const std::string& name : names)
    writer.text(name);
  return base::digest_of(writer.take()).hex;
}

std::string content_of(const std::filesystem::path& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return names_in(path);
  if (S_ISLNK(status.st_mode))
    return base::digest_of(std::filesystem::read_symlink(path).string()).hex;
  return S_ISREG(status.st_mode) ? fs::digest_of_file(path).hex : "";
}

class Watcher {
public:
  explicit Watcher(Time since) : since_(since) {}

  /// False when what is there may not be what was read.
  bool add(const std::filesystem::path& path, bool is_link, bool is_secret) {
    WatchedPath watched{.path = std::filesystem::absolute(path).lexically_normal(),
                        .stamp = {},
                        .content = {},
                        .is_link = is_link};
    if (!known_.insert({watched.path, is_link}).second) return true;
    struct stat status {};
    auto stamp = find_stamp(watched, status);
    if (!stamp) return false;
    watched.stamp = std::move(*stamp);
    if (!watched.stamp.empty() && !has_settled(status, since_)) {
      if (time_of_change(status) >= since_ || is_secret) return false;
      watched.content = content_of(watched.path, status);
    }
    watched_.push_back(std::move(watched));
    return true;
  }

  bool add_tree(const std::filesystem::path& directory) {
    if (!add(directory, false, false)) return false;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (!add(entry.path(), entry.is_symlink(), false)) return false;
    }
    return true;
  }

  std::vector<WatchedPath> take() { return std::move(watched_); }

private:
  Time since_;
  std::set<std::pair<std::filesystem::path, bool>> known_;
  std::vector<WatchedPath> watched_;
};

} // namespace

std::string stamp_of(const struct stat& status) {
  return fmt::format("{} {} {} {}.{} {}.{}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

bool has_settled(const struct stat& status, Time now) {
  return time_of_change(status) < now - k_coarsest_clock;
}

std::string stamp_at(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return stamp_of(status);
}

std::optional<std::vector<WatchedPath>> watch(const plan::ConsultedPaths& consulted, Time since) {
  Watcher watcher(since);
  try {
    const bool is_sure =
        std::ranges::all_of(consulted.secrets,
                            [&](const auto& path) { return watcher.add(path, false, true); }) &&
        std::ranges::all_of(consulted.paths,
                            [&](const auto& path) { return watcher.add(path, false, false); }) &&
        std::ranges::all_of(consulted.trees,
                            [&](const auto& path) { return watcher.add_tree(path); });
    if (is_sure) return watcher.take();
  } catch (const std::filesystem::filesystem_error&) {
    // It changes while it is looked at, or is not for us: a build says what is wrong with it.
  } catch (const base::Error&) {
    // Likewise.
  }
  return std::nullopt;
}

bool is_as_it_was(const WatchedPath& watched) {
  struct stat status {};
  const auto stamp = find_stamp(watched, status);
  if (!stamp || *stamp != watched.stamp) return false;
  return watched.content.empty() || content_of(watched.path, status) == watched.content;
}

std::string to_bytes(const std::vector<WatchedPath>& watched) {
  sandbox::ByteWriter writer;
  for (const auto& [path, stamp, content, is_link] : watched)
    writer.text(path.string()).text(stamp).text(content).flag(is_link);
  return writer.take();
}

std::vector<WatchedPath> watched_from(std::string_view bytes) {
  std::vector<WatchedPath> watched;
  for (sandbox::ByteReader reader(bytes); !reader.at_end();) {
    WatchedPath each{.path = reader.text()};
    each.stamp = reader.text();
    each.content = reader.text();
    each.is_link = reader.flag();
    watched.push_back(std::move(each));
  }
  return watched;
}

} // namespace imagewright::pipeline
