// SPDX-License-Identifier: MIT
#pragma once

// Digests of files that nobody has changed since they were read.

#include <cstdint>
#include <map>
#include <optional>

#include <sys/stat.h>
#include <sys/types.h>

#include <imagewright/base/digest.hpp>

namespace imagewright::root {

/// What the kernel changes with each change of a file: nobody but the clock's owner can put it
/// back.
struct FileStamp {
  ino_t number = 0;
  timespec changed{};
  timespec modified{};
  off_t size = 0;

  bool operator==(const FileStamp& other) const;
};

FileStamp stamp_of(const struct stat& status);

/// By the files' stamps. Once filled, used from any thread.
class KnownContent {
public:
  void learn(const struct stat& status, const base::Digest& digest);
  /// The digest of a regular file's content, when it is known and the file is as it was then.
  std::optional<base::Digest> find(const struct stat& status) const;
  /// Waits until a change that is made now gives a file another stamp than those that are known.
  void settle() const;

private:
  struct Known {
    FileStamp stamp;
    base::Digest digest;
  };

  std::map<ino_t, Known> files_;
  timespec latest_{};
};

} // namespace imagewright::root
