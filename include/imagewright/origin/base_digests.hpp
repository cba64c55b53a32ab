// SPDX-License-Identifier: MIT
#pragma once

// Digests of what a base holds, each of which is made once.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include <imagewright/base/digest.hpp>

namespace imagewright::origin {

/// SHA-256 of the disk, and of the content of files by the number that the base gives them. As long
/// as the base does not change these do not either. Functions may be called from any thread.
class BaseDigests {
public:
  struct Known {
    std::optional<base::Digest> disk;
    std::map<std::uint64_t, base::Digest> files;

    bool operator==(const Known&) const = default;
  };

  std::optional<base::Digest> disk() const;
  void learn_disk(const base::Digest& digest);
  std::optional<base::Digest> file(std::uint64_t number) const;
  void learn_file(std::uint64_t number, const base::Digest& digest);

  Known known() const;
  /// What was found out about the same base before, by the same program.
  void recall(Known known);

private:
  mutable std::mutex mutex_;
  Known known_;
};

} // namespace imagewright::origin
