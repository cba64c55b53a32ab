// SPDX-License-Identifier: MIT
#pragma once

// Finding the inode of a path, where a walk asks for many names of one directory.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::disk {

/// Remembers the directory that was asked last.
class LastDirectory {
public:
  /// `find_from(number, path)` gives the inode that the path leads to from another one, or nothing.
  template <typename FindFrom>
  std::optional<std::uint64_t> find(std::string_view path, std::uint64_t root,
                                    const FindFrom& find_from) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || slash == 0) return find_from(root, path);
    const std::string_view directory = path.substr(0, slash);
    if (!known_ || known_->path != directory) {
      const std::optional<std::uint64_t> number = find_from(root, directory);
      if (!number) return std::nullopt;
      known_ = {std::string(directory), *number};
    }
    return find_from(known_->number, path.substr(slash));
  }

private:
  struct Known {
    std::string path;
    std::uint64_t number = 0;
  };

  std::optional<Known> known_;
};

} // namespace imagewright::disk
