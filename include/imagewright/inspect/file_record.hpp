// SPDX-License-Identifier: MIT
#pragma once

// Every file of a filesystem inside an image, with all that the filesystem says about it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

namespace imagewright::inspect {

/// One name and what it stands for.
struct FileRecord {
  disk::StoredFile stored;
  std::string target;                              ///< of symbolic links
  std::optional<base::Digest> content;             ///< of regular files, when it was asked for
  std::vector<tree::ExtendedAttribute> attributes; ///< sorted by name; labels and capabilities too

  bool operator==(const FileRecord&) const = default;
};

enum class ContentDigests : std::uint8_t { computed, omitted };

/// By absolute path within the filesystem. Throws base::Error (disk.corrupt-filesystem) also for
/// directories that contain themselves.
std::map<std::string, FileRecord> list_files(const disk::FilesystemReader& filesystem,
                                             ContentDigests digests,
                                             const base::Cancellation& cancellation);

/// "file", "dir", "link", "char", "block", "fifo", "socket"
std::string_view type_word(fs::FileType type);

/// Labels as text, everything else in hexadecimal digits.
std::string attribute_text(const tree::ExtendedAttribute& attribute);

} // namespace imagewright::inspect
