// SPDX-License-Identifier: MIT
#pragma once

// Writes tar archives in the pax format (IEEE Std 1003.1-2001, "pax Interchange Format").

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/file_type.hpp>

namespace imagewright::archive {

/// One name in an archive.
struct TarEntry {
  std::string path; ///< relative to where the archive will be unpacked; "." is that directory
  fs::FileType type = fs::FileType::regular; ///< sockets cannot be archived
  mode_t permissions = 0;                    ///< with setuid, setgid, sticky
  uid_t owner = 0;                           ///< as a number; no names are stored
  gid_t group = 0;
  base::Epoch modified;
  std::uint32_t device_major = 0; ///< of device nodes
  std::uint32_t device_minor = 0;
  std::string link_target; ///< of symbolic links
  std::string hard_link;   ///< not empty: another name of this earlier path
  std::uint64_t size = 0;  ///< of regular files
  /// Name and value, as SCHILY.xattr records, which GNU tar, bsdtar and WSL read.
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct TarOptions {
  Compression compression = Compression::none; ///< bzip2 cannot be written
  std::optional<std::int32_t> level;           ///< absent: the algorithm's own default
  unsigned thread_count = 1;                   ///< for zstd; the bytes do not depend on it
};

/// The same entries give the same bytes: nothing of the clock, the host or its users is stored.
class TarWriter {
public:
  /// Creates the file, which must not exist. Throws base::Error (fs.cannot-write).
  TarWriter(const std::filesystem::path& path, const TarOptions& options);
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;
  TarWriter(TarWriter&&) = delete;
  TarWriter& operator=(TarWriter&&) = delete;
  /// Without finish() the file is removed.
  ~TarWriter();

  /// An entry without content of its own: anything but a regular file, a hard link, an empty file.
  void add(const TarEntry& entry);
  /// A regular file whose content, `entry.size` bytes, is read from the descriptor.
  void add_file(const TarEntry& entry, int content);
  /// A regular file whose content is the text; `entry.size` is taken from it.
  void add_text(TarEntry entry, std::string_view content);
  /// Writes the end of the archive and gives the digest of the whole file. Throws base::Error
  /// (fs.cannot-write, fs.disk-full).
  base::Digest finish();

private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

} // namespace imagewright::archive
