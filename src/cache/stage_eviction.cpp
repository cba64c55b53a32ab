// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/cache/stage_store.hpp>

namespace imagewright::cache {

namespace {

struct StoredFile {
  std::filesystem::path path;
  std::uint64_t size = 0;
  time_t used = 0;
};

/// Every file of the store that has its name: what is being made is another's.
std::vector<StoredFile> stored_files(const std::filesystem::path& directory) {
  std::vector<StoredFile> stored;
  for (const char* part : {"content", "entries"}) {
    std::error_code error;
    using Iterator = std::filesystem::recursive_directory_iterator;
    for (Iterator entry(directory / part, error), end; !error && entry != end;
         entry.increment(error)) {
      struct stat status {};
      if (::lstat(entry->path().c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
      stored.push_back({.path = entry->path(),
                        .size = static_cast<std::uint64_t>(status.st_blocks) * 512U,
                        .used = std::max(status.st_atim.tv_sec, status.st_mtim.tv_sec)});
    }
  }
  return stored;
}

} // namespace

void StageStore::evict(base::ByteSize limit) const {
  if (!distrust_.empty()) return;
  std::vector<StoredFile> stored = stored_files(directory_);
  std::uint64_t total = 0;
  for (const StoredFile& file : stored)
    total += file.size;
  if (total <= limit.bytes()) return;
  // Names decide among what was used in the same second, so that the same is left everywhere.
  std::ranges::sort(stored, [](const StoredFile& left, const StoredFile& right) {
    return left.used != right.used ? left.used < right.used : left.path < right.path;
  });
  // A little more than needed, so that not every build has to.
  const std::uint64_t wanted = limit.bytes() / 10 * 9;
  for (const StoredFile& file : stored) {
    if (total <= wanted) return;
    if (::unlink(file.path.c_str()) == 0) total -= file.size;
  }
}

} // namespace imagewright::cache
