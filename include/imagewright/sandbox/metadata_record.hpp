// SPDX-License-Identifier: MIT
#pragma once

// Owners and devices that the host refused to store, remembered beside the root.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/types.h>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

/// What a file is in the image, where the host's file says something else.
struct RecordedMetadata {
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
  /// S_IFCHR or S_IFBLK with the device's number, for an empty file that stands in for it.
  mode_t device_type = 0;
  dev_t device = 0;

  bool operator==(const RecordedMetadata&) const = default;
  /// Makes what the host says about its file what the image says.
  void apply_to(struct stat& status) const;
  bool says_nothing() const { return !owner && !group && device_type == 0; }
};

/// Names a file for as long as it exists, whatever its paths, and no other file after it. `file`
/// may be opened with O_PATH. Nothing when the host cannot tell.
std::optional<std::string> identity_of_file(int file);

/// What the kernel says when an id has no place in the namespace, or a right is missing.
bool is_refusal(int error_number);

/// An owner that was changed, or why it was not.
struct OwnerChange {
  int error_number = 0; ///< 0: done
  RecordedMetadata metadata;
};

/// chown(2) of a file itself, of which `known` is recorded; an id that the host refuses is to be
/// recorded, one that it takes is not any more. ~0 leaves an id as it is.
OwnerChange change_owner(int file, uid_t owner, gid_t group, RecordedMetadata known);

/// A file that grows by one entry with each change; the last entry about a file counts. Sandboxes
/// of one root use it one after the other.
class MetadataRecord {
public:
  /// Opens or makes the file. Throws base::Error (sandbox.cannot-enter).
  explicit MetadataRecord(const std::filesystem::path& path);

  bool empty() const { return files_.empty(); }
  const RecordedMetadata* find(int file) const;
  /// Whether a file of this number may be recorded: quicker than find(), for many files.
  bool may_have(ino_t number) const { return numbers_.contains(number); }
  /// chown(2) of a file itself; an id that the host refuses is recorded, one that it takes is not
  /// any more. ~0 leaves an id as it is. Gives the error number of what failed otherwise; 0: done.
  int change_owner(int file, uid_t owner, gid_t group);
  /// Replaces what is known about a file. Throws base::Error when the host cannot tell files apart.
  void set(int file, const RecordedMetadata& metadata);

private:
  void load();
  void remember_number(std::string_view identity);

  fs::UniqueFd file_;
  std::map<std::string, RecordedMetadata, std::less<>> files_;
  std::set<ino_t> numbers_; ///< of files that are or were recorded
};

} // namespace imagewright::sandbox
