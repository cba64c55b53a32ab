// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>

#include "content.hpp"
#include "own_file.hpp"

namespace imagewright::cache {

namespace {

constexpr mode_t k_object_permissions = 0444;
constexpr mode_t k_note_permissions = 0600;
constexpr std::uint64_t k_largest_note = std::uint64_t{1} << 20U;

/// A note that was put in the place of another one does not have that one's seal.
std::string seal_of(std::string_view kind, std::string_view key, std::string_view text) {
  base::Hasher hasher;
  for (const std::string_view part : {kind, key, text}) {
    hasher.update(fmt::format("{}\n", part.size()));
    hasher.update(part);
  }
  return hasher.finish().hex;
}

/// The content of a file that nobody else can have written, or nothing.
std::optional<std::string> find_own_content(const std::filesystem::path& path) {
  const fs::UniqueFd file = open_own(path).first;
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  if (static_cast<std::uint64_t>(status.st_size) > k_largest_note) return std::nullopt;
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  fs::read_exactly(file.get(), std::as_writable_bytes(std::span(content)), 0, path.string());
  return content;
}

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw base::Error(base::FailureKind::host, "cache.cannot-open",
                      fmt::format("cannot make the cache directory {}: {}",
                                  base::quoted(path.string()), error.message()),
                      "choose a directory that can be written with --cache-dir");
  }
}

fs::UniqueFd open_lock(const std::filesystem::path& path) {
  fs::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  while (fd) {
    if (::flock(fd.get(), LOCK_SH) == 0) return fd;
    if (errno != EINTR) break;
  }
  throw base::Error(base::FailureKind::host, "cache.cannot-open",
                    fmt::format("cannot lock the cache with {}: {}", base::quoted(path.string()),
                                std::generic_category().message(errno)),
                    "choose a directory that can be written with --cache-dir");
}

} // namespace

Cache::Cache(std::filesystem::path directory) : directory_(std::move(directory)) {
  for (const char* part : {"objects", "notes", "trees", "partial", "staging"}) {
    make_directories(directory_ / part);
  }
  lock_ = open_lock(directory_ / "lock");
}

std::optional<Cache::Identity> Cache::identify(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Identity{.device = status.st_dev,
                  .inode = status.st_ino,
                  .size = status.st_size,
                  .modified_seconds = status.st_mtim.tv_sec,
                  .modified_nanoseconds = status.st_mtim.tv_nsec};
}

std::filesystem::path Cache::object_path(const base::Digest& digest) const {
  return directory_ / "objects" / base::to_string(digest.algorithm) / digest.hex.substr(0, 2) /
         digest.hex;
}

std::optional<std::filesystem::path> Cache::find(const base::Digest& digest) {
  const std::filesystem::path path = object_path(digest);
  const auto identity = identify(path);
  if (!identity) return std::nullopt;
  const std::string key = digest.to_string();
  {
    const std::lock_guard guard(mutex_);
    const auto known = verified_.find(key);
    if (known != verified_.end() && known->second == *identity) return path;
  }
  if (fs::digest_of_file(path, digest.algorithm) != digest) {
    ::unlink(path.c_str());
    return std::nullopt;
  }
  mark_used(path);
  const std::lock_guard guard(mutex_);
  verified_[key] = *identity;
  return path;
}

fs::TemporaryDirectory Cache::stage() const {
  return {directory_ / "staging", "stage-"};
}

std::filesystem::path Cache::put_staged(const std::filesystem::path& staged,
                                        const base::Digest& digest) {
  const base::Digest actual = fs::digest_of_file(staged, digest.algorithm);
  if (actual != digest) {
    throw base::Error(base::FailureKind::verification, "cache.wrong-content",
                      fmt::format("{} has the digest {} instead of {}",
                                  base::quoted(staged.filename().string()), actual.to_string(),
                                  digest.to_string()));
  }
  const std::filesystem::path path = object_path(digest);
  make_directories(path.parent_path());
  if (::chmod(staged.c_str(), k_object_permissions) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot protect", staged.string(), errno);
  }
  rename_into_place(staged, path);
  const auto identity = identify(path);
  const std::lock_guard guard(mutex_);
  if (identity) verified_[digest.to_string()] = *identity;
  return path;
}

std::filesystem::path Cache::put_copy(const std::filesystem::path& source,
                                      const base::Digest& digest) {
  const fs::TemporaryDirectory staging = stage();
  const std::filesystem::path staged = staging.path() / source.filename();
  copy_content(source, staged);
  return put_staged(staged, digest);
}

base::Digest Cache::put_text(std::string_view content) {
  const base::Digest digest = base::digest_of(content);
  const fs::TemporaryDirectory staging = stage();
  fs::write_file_atomically(staging.path() / "text", content);
  put_staged(staging.path() / "text", digest);
  return digest;
}

bool Cache::take_partial(const base::Digest& digest, const std::filesystem::path& target) {
  if (::rename((directory_ / "partial" / digest.hex).c_str(), target.c_str()) != 0) return false;
  // Whoever goes on with a download writes into it: never through a link or into a file that has
  // another name somewhere else.
  const fs::UniqueFd file = open_own(target).first;
  struct stat status {};
  if (file && ::fstat(file.get(), &status) == 0 && status.st_nlink == 1) return true;
  fs::remove_tree(target);
  return false;
}

void Cache::keep_partial(const base::Digest& digest, const std::filesystem::path& staged) {
  rename_into_place(staged, directory_ / "partial" / digest.hex);
}

std::filesystem::path Cache::note_path(std::string_view kind, std::string_view key) const {
  return directory_ / "notes" / kind / name_of_key(key);
}

std::optional<std::string> Cache::find_note(std::string_view kind, std::string_view key) const {
  const std::filesystem::path path = note_path(kind, key);
  const auto content = find_own_content(path);
  if (!content) return std::nullopt;
  const std::size_t end = content->find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string text = content->substr(end + 1);
  if (seal_of(kind, key, text) != content->substr(0, end)) return std::nullopt;
  mark_used(path);
  return text;
}

void Cache::put_note(std::string_view kind, std::string_view key, std::string_view text) {
  const std::filesystem::path path = note_path(kind, key);
  make_directories(path.parent_path());
  const fs::TemporaryDirectory staging = stage();
  const std::filesystem::path staged = staging.path() / "note";
  fs::write_file_atomically(staged, fmt::format("{}\n{}", seal_of(kind, key, text), text));
  if (::chmod(staged.c_str(), k_note_permissions) != 0)
    base::throw_system_error("fs.cannot-write", "cannot protect", staged.string(), errno);
  rename_into_place(staged, path);
}

std::filesystem::path Cache::tree_path(std::string_view kind, std::string_view key) const {
  return directory_ / "trees" / kind / name_of_key(key);
}

std::optional<std::filesystem::path> Cache::find_tree(std::string_view kind,
                                                      std::string_view key) const {
  std::filesystem::path path = tree_path(kind, key);
  std::error_code error;
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(path, error))) {
    return std::nullopt;
  }
  mark_used(path);
  return path;
}

std::filesystem::path Cache::put_tree(std::string_view kind, std::string_view key,
                                      const std::filesystem::path& staged) {
  std::filesystem::path path = tree_path(kind, key);
  make_directories(path.parent_path());
  if (::rename(staged.c_str(), path.c_str()) == 0) return path;
  // A directory that is not empty is never replaced: another process was faster.
  const int error = errno;
  if (error != EEXIST && error != ENOTEMPTY) {
    base::throw_system_error("fs.cannot-write", "cannot write", path.string(), error);
  }
  fs::remove_tree(staged);
  return path;
}

} // namespace imagewright::cache
