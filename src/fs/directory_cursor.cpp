// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/directory_cursor.hpp>

namespace imagewright::fs {

namespace {

constexpr int k_open_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

} // namespace

std::vector<DirectoryEntry> entries_in(int directory) {
  UniqueFd own(::openat(directory, ".", k_open_directory));
  const std::unique_ptr<DIR, DirectoryCloser> stream(own ? ::fdopendir(own.get()) : nullptr);
  if (!stream) throw std::system_error(errno, std::generic_category());
  own.release();
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = &entry->d_name[0];
    if (name == "." || name == "..") continue;
    // DT_… are the bits of a mode, moved (readdir(3)).
    entries.push_back({std::string(name), entry->d_ino,
                       find_file_type(static_cast<mode_t>(DTTOIF(entry->d_type)))});
  }
  if (errno != 0) throw std::system_error(errno, std::generic_category());
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  for (DirectoryEntry& entry : entries_in(directory))
    names.push_back(std::move(entry.name));
  return names;
}

DirectoryCursor::DirectoryCursor(UniqueFd top) : current_(std::move(top)) {}

DirectoryCursor::Identity DirectoryCursor::identity_of(int directory) {
  struct stat status {};
  if (::fstat(directory, &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

bool DirectoryCursor::enter(const std::string& name) {
  UniqueFd child(::openat(current_.get(), name.c_str(), k_open_directory));
  if (!child) return false;
  above_.push_back(identity_of(current_.get()));
  current_ = std::move(child);
  return true;
}

bool DirectoryCursor::leave() {
  IMAGEWRIGHT_ASSERT(!above_.empty());
  UniqueFd parent(::openat(current_.get(), "..", k_open_directory));
  if (!parent) return false;
  if (identity_of(parent.get()) != above_.back()) {
    errno = ESTALE;
    return false;
  }
  above_.pop_back();
  current_ = std::move(parent);
  return true;
}

} // namespace imagewright::fs
