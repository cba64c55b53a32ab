// SPDX-License-Identifier: MIT
#pragma once

// The cache directory: files under their digests, notes and trees under keys. Safe under concurrent
// builds.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::cache {

/// What the cache holds.
struct Usage {
  std::uint64_t objects = 0; ///< files under their digests
  std::uint64_t trees = 0;
  std::uint64_t notes = 0;
  base::ByteSize size;

  bool operator==(const Usage&) const = default;
};

/// A cache directory that may be shared by any number of processes. Nothing is visible in it before
/// it is whole, and nothing is handed out before its content was checked against its name.
/// Functions may be called from any thread.
class Cache {
public:
  /// Creates the directory when it is missing. Waits while another process prunes it. Throws
  /// base::Error (cache.cannot-open).
  explicit Cache(std::filesystem::path directory);

  const std::filesystem::path& directory() const { return directory_; }

  /// The file with this content, or nothing. Its size and digest were verified in this process and
  /// the file has not changed since; one that fails is removed, as if it had never been there. The
  /// file must not be written to.
  std::optional<std::filesystem::path> find(const base::Digest& digest);

  /// Where a file can be made that put_staged() will take. It stands in the cache's own filesystem.
  fs::TemporaryDirectory stage() const;
  /// Moves a file into the cache. Throws base::Error (cache.wrong-content, a verification failure)
  /// when its content does not have that digest. Gives its place.
  std::filesystem::path put_staged(const std::filesystem::path& staged, const base::Digest& digest);
  /// Copies a file into the cache, sharing its blocks where the filesystem can. Throws as
  /// put_staged() does.
  std::filesystem::path put_copy(const std::filesystem::path& source, const base::Digest& digest);
  /// Stores a text and gives its digest.
  base::Digest put_text(std::string_view content);

  /// Takes over what an earlier process left of a download of this content, by renaming it to
  /// `target`. Gives whether there was something.
  bool take_partial(const base::Digest& digest, const std::filesystem::path& target);
  /// Keeps an unfinished download for take_partial().
  void keep_partial(const base::Digest& digest, const std::filesystem::path& staged);

  /// A short text that was kept under a key, or nothing: as well where another user may have
  /// written it, as what a note says of a key or a repository is held against nothing else. `kind`
  /// is a word, `key` is any text.
  std::optional<std::string> find_note(std::string_view kind, std::string_view key) const;
  void put_note(std::string_view kind, std::string_view key, std::string_view text);

  /// A directory tree that was kept under a key, or nothing. Whoever put it decides how its content
  /// is verified.
  std::optional<std::filesystem::path> find_tree(std::string_view kind, std::string_view key) const;
  /// Moves a tree made below stage() into the cache. When another process was faster, its tree
  /// stays and this one is removed. Gives the tree's place.
  std::filesystem::path put_tree(std::string_view kind, std::string_view key,
                                 const std::filesystem::path& staged);
  /// Where the entry of this key stands or would stand.
  std::filesystem::path tree_path(std::string_view kind, std::string_view key) const;

  Usage usage() const;
  /// Removes what was not used since that moment, and what dead processes left half-made. Gives
  /// what was removed. Throws base::Error (cache.busy) when another process is using the cache.
  Usage prune(std::chrono::system_clock::time_point unused_since);

private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_seconds = 0;
    std::int64_t modified_nanoseconds = 0;

    bool operator==(const Identity&) const = default;
  };

  static std::optional<Identity> identify(const std::filesystem::path& path);
  std::filesystem::path object_path(const base::Digest& digest) const;
  std::filesystem::path note_path(std::string_view kind, std::string_view key) const;

  std::filesystem::path directory_;
  fs::UniqueFd lock_;
  std::mutex mutex_;
  std::map<std::string, Identity> verified_;
};

} // namespace imagewright::cache
