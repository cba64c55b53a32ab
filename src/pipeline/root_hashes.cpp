// SPDX-License-Identifier: MIT
#include "root_hashes.hpp"

#include <span>
#include <string>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/verity.hpp>

namespace imagewright::pipeline {

namespace {

struct Replacement {
  std::string placeholder;
  std::string hash;
};

void replace_in_text(std::string& text, const Replacement& replacement) {
  const auto& [placeholder, hash] = replacement;
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at)) {
    text.replace(at, placeholder.size(), hash);
  }
}

/// In place: unified kernel images are large, and owner and mode stay as they are.
void replace_in_file(const fs::RootDir& root, const std::string& path,
                     const Replacement& replacement) {
  const fs::UniqueFd fd = root.open_file(path, fs::FileAccess::changing);
  std::string content(root.find_target_status(path)->size, '\0');
  fs::read_exactly(fd.get(), std::as_writable_bytes(std::span(content)), 0, path);
  const auto& [placeholder, hash] = replacement;
  for (auto at = content.find(placeholder); at != std::string::npos;
       at = content.find(placeholder, at + 1)) {
    fs::write_exactly(fd.get(), std::as_bytes(std::span(hash)), at, path);
  }
}

} // namespace

void tell_root_hashes(const model::DiskLayout& layout, const disk::RootHashes& hashes,
                      model::SealedRoot& sealed) {
  const fs::RootDir root(sealed.path);
  for (const model::VerityDevice& device : layout.verity) {
    const Replacement replacement{model::root_hash_placeholder(device), hashes.at(device.name)};
    IMAGEWRIGHT_ASSERT(replacement.placeholder.size() == replacement.hash.size());
    replace_in_text(sealed.kernel_command_line, replacement);
    for (const std::string& path : sealed.command_line_files) {
      // The last scripts may have removed it.
      if (root.exists(path)) replace_in_file(root, path, replacement);
    }
  }
}

} // namespace imagewright::pipeline
