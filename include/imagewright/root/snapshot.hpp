// SPDX-License-Identifier: MIT
#pragma once

// A root as a value: every name with all that is known of it, and the content of files by digest.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>
#include <time.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/file_content.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/root/attributes.hpp>
#include <imagewright/root/known_content.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::root {

/// One name, as the image sees it: owners and devices are those of the record.
struct SnapshotEntry {
  std::string path; ///< real; "/" is the root itself
  fs::FileType type = fs::FileType::regular;
  mode_t permissions = 0; ///< with setuid, setgid, sticky
  uid_t owner = 0;
  gid_t group = 0;
  std::int64_t modified_seconds = 0;
  std::int64_t modified_nanoseconds = 0;
  std::vector<ExtendedAttribute> attributes;
  std::string target;      ///< of symbolic links
  dev_t device = 0;        ///< of device files
  fs::FileContent content; ///< of regular files
  std::string same_as;     ///< an earlier path of the same file; then only `path` counts beside it

  bool operator==(const SnapshotEntry&) const = default;
};

/// "/" first, directories before what is in them.
struct Snapshot {
  std::vector<SnapshotEntry> entries;

  bool operator==(const Snapshot&) const = default;
};

/// Keeps the content of files. Called from several threads.
class ContentStore {
public:
  ContentStore() = default;
  ContentStore(const ContentStore&) = delete;
  ContentStore& operator=(const ContentStore&) = delete;
  ContentStore(ContentStore&&) = delete;
  ContentStore& operator=(ContentStore&&) = delete;
  virtual ~ContentStore() = default;

  /// Reads an open file. `name` is for messages.
  virtual fs::FileContent put(int file, const std::string& name) = 0;
  /// Writes to a new, empty file. Throws when that is not possible.
  virtual void get(const fs::FileContent& content, int target, const std::string& name) = 0;
};

/// How many do it at once, and whether they shall stop. Borrowed.
struct Workforce {
  unsigned thread_count = 1;
  const base::Cancellation& cancellation;
};

/// A snapshot, and the digests that were made for it.
struct TakenSnapshot {
  Snapshot snapshot;
  KnownContent known;
};

/// Reads a root in which no program runs. Throws base::Error (root.cannot-examine) and what the
/// store throws.
TakenSnapshot take_snapshot(const WorkRoot& root, ContentStore& store, const Workforce& workforce);

/// Makes an empty root what the snapshot says, on every rung of privilege. Throws base::Error
/// (root.cannot-lay-out) and what the store throws; the root is then of no use.
KnownContent lay_out(const Snapshot& snapshot, WorkRoot& root, ContentStore& store,
                     const Workforce& workforce);

/// For keeping it; the same snapshot gives the same bytes.
std::string to_bytes(const Snapshot& snapshot);
/// Nothing when the bytes are no snapshot of which every name stands in a directory of its own.
std::optional<Snapshot> snapshot_from(std::string_view bytes);

} // namespace imagewright::root
