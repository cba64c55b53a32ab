// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <functional>

#include <sys/file.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cache/cache.hpp>

namespace imagewright::cache {

namespace {

using Visitor = std::function<void(const std::filesystem::path& path)>;

void for_each_child(const std::filesystem::path& directory, const Visitor& visit) {
  std::error_code error;
  // Names are collected first: the visitor may remove what it is shown.
  std::vector<std::filesystem::path> children;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    children.push_back(entry.path());
  }
  std::sort(children.begin(), children.end());
  for (const auto& child : children)
    visit(child);
}

/// Calls `visit` for what stands `depth` levels below a directory.
void for_each_at_depth(const std::filesystem::path& directory, int depth, const Visitor& visit) {
  for_each_child(directory, [&](const std::filesystem::path& child) {
    if (depth == 1) {
      visit(child);
    } else {
      for_each_at_depth(child, depth - 1, visit);
    }
  });
}

std::uint64_t size_of_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

base::ByteSize size_of(const std::filesystem::path& path) {
  std::uint64_t total = size_of_file(path);
  std::error_code error;
  using Iterator = std::filesystem::recursive_directory_iterator;
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(path, error))) {
    return base::ByteSize(total);
  }
  for (Iterator entry(path, std::filesystem::directory_options::skip_permission_denied, error), end;
       entry != end; entry.increment(error)) {
    if (error) break;
    total += size_of_file(entry->path());
  }
  return base::ByteSize(total);
}

std::chrono::system_clock::time_point last_use_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::chrono::system_clock::time_point::max();
  const time_t latest = std::max(status.st_atim.tv_sec, status.st_mtim.tv_sec);
  return std::chrono::system_clock::from_time_t(latest);
}

/// Where entries stand below the cache directory, how deep, and which count they belong to.
struct Kind {
  const char* directory;
  int depth;
  std::uint64_t Usage::*count;
};
constexpr Kind k_kinds[] = {{"objects", 3, &Usage::objects},
                            {"notes", 2, &Usage::notes},
                            {"trees", 2, &Usage::trees},
                            // What the resolver prepares of metadata.
                            {"solv", 1, &Usage::objects},
                            {"solutions", 1, &Usage::objects},
                            // What stages of builds made.
                            {"stages/content", 2, &Usage::objects},
                            {"stages/entries", 2, &Usage::notes}};

/// Holds the cache for one process alone; going out of scope shares it again.
class ExclusiveUse {
public:
  ExclusiveUse(int fd, const std::filesystem::path& directory) : fd_(fd) {
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    // The failed conversion may have dropped the shared lock.
    share();
    throw base::Error(
        base::FailureKind::build, "cache.busy",
        fmt::format("another process is using the cache {}", base::quoted(directory.string())),
        "try again when no build is running");
  }
  ExclusiveUse(const ExclusiveUse&) = delete;
  ExclusiveUse& operator=(const ExclusiveUse&) = delete;
  ExclusiveUse(ExclusiveUse&&) = delete;
  ExclusiveUse& operator=(ExclusiveUse&&) = delete;
  ~ExclusiveUse() { share(); }

private:
  void share() const {
    while (::flock(fd_, LOCK_SH) != 0 && errno == EINTR) {
    }
  }

  int fd_;
};

} // namespace

Usage Cache::usage() const {
  Usage result;
  for (const Kind& kind : k_kinds) {
    for_each_at_depth(directory_ / kind.directory, kind.depth, [&](const auto& path) {
      result.*kind.count += 1;
      result.size = result.size + size_of(path);
    });
  }
  return result;
}

Usage Cache::prune(std::chrono::system_clock::time_point unused_since) {
  const ExclusiveUse exclusive(lock_.get(), directory_);
  Usage removed;
  for (const Kind& kind : k_kinds) {
    for_each_at_depth(directory_ / kind.directory, kind.depth, [&](const auto& path) {
      if (last_use_of(path) >= unused_since) return;
      removed.*kind.count += 1;
      removed.size = removed.size + size_of(path);
      fs::remove_tree(path);
    });
  }
  for (const char* leftovers : {"partial", "staging"}) {
    for_each_child(directory_ / leftovers, [&](const auto& path) {
      removed.size = removed.size + size_of(path);
      fs::remove_tree(path);
    });
  }
  const std::lock_guard guard(mutex_);
  verified_.clear();
  return removed;
}

} // namespace imagewright::cache
