// SPDX-License-Identifier: MIT
#pragma once

// All questions that a reader of a filesystem answers, about all that it has.

#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

namespace imagewright_test {

/// Asks about what is below a directory ("" is the root), `depth` directories deep, since those of
/// a damaged filesystem may lead into each other. `left` is how many names more are looked at.
inline void read_everything(const imagewright::disk::FilesystemReader& files,
                            const std::string& directory, int depth, int& left) {
  constexpr auto k_most_read = imagewright::base::ByteSize::mib(1);
  for (const std::string& name : files.list(directory).value_or(std::vector<std::string>())) {
    if (--left < 0) return;
    const std::string path = directory + "/" + name;
    const auto found = files.find(path);
    files.attributes(path);
    files.link_target(path);
    files.resolve(path);
    if (found && found->size <= k_most_read.bytes()) {
      files.pieces_of(path);
      files.read(path, k_most_read);
    }
    if (depth > 0) read_everything(files, path, depth - 1, left);
  }
}

} // namespace imagewright_test
