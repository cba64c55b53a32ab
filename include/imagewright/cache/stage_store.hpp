// SPDX-License-Identifier: MIT
#pragma once

// What stages of earlier builds made, under the text of everything that they were made from.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/file_content.hpp>

namespace imagewright::cache {

/// The folder `stages` of a cache directory. Entries are texts under a key; files are stored once
/// for each content. Any number of processes may use it at once, and any of them may be killed:
/// nothing has its name before it is whole. What is read is compared with its digest each time, an
/// entry also with the key that it was stored under; what does not agree is removed, as if it had
/// never been there. Functions may be called from any thread.
class StageStore {
public:
  /// Makes the folder. Others must not be able to write it, or nothing is believed: see distrust().
  /// Throws base::Error (cache.cannot-open).
  explicit StageStore(const std::filesystem::path& cache_directory);

  /// Why nothing is taken from here and nothing put, for people; empty: all is well.
  const std::string& distrust() const { return distrust_; }

  enum class Finding : std::uint8_t {
    absent,
    damaged, ///< was there, is not what it should be, and has been removed
    found
  };
  struct Entry {
    Finding finding = Finding::absent;
    std::string text;
  };
  /// `kind` is a word, `key` any text.
  Entry find_entry(std::string_view kind, std::string_view key) const;
  /// Throws base::Error (fs.cannot-write, fs.disk-full).
  void put_entry(std::string_view kind, std::string_view key, std::string_view text);

  /// Reads an open file and keeps its content. Throws base::Error (fs.…).
  fs::FileContent put_content(int file, const std::string& name);
  /// Writes the content to a new, empty file. What it holds is of no use unless this is `found`.
  /// Throws base::Error when the target cannot be written.
  Finding copy_content(const fs::FileContent& content, int target, const std::string& name) const;

  /// Removes what was not used for the longest time, until what is left takes less room than the
  /// limit. Others may be at work meanwhile: they miss what is gone.
  void evict(base::ByteSize limit) const;

private:
  std::filesystem::path content_path(const base::Digest& digest) const;
  std::filesystem::path entry_path(std::string_view kind, std::string_view key) const;
  std::filesystem::path new_file() const;
  bool is_kept(const fs::FileContent& content) const;
  void keep(int file, const fs::FileContent& content, const std::string& name);

  std::filesystem::path directory_;
  std::string distrust_;
  std::unique_ptr<fs::ClaimedDirectory> staging_;
  mutable std::atomic<std::uint64_t> next_file_{0};
  /// Something was damaged: what is there already is looked at before it is relied on.
  mutable std::atomic<bool> is_doubtful_{false};
};

} // namespace imagewright::cache
