// SPDX-License-Identifier: MIT
#include <utility>

#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/filesystem.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

std::optional<std::string> FilesystemReader::resolve(std::string_view path) const {
  return base::follow_links(path, [&](const std::string& name) { return look_up(name); });
}

std::optional<base::FoundName> FilesystemReader::look_up(const std::string& path) const {
  const auto found = find(path);
  if (!found) return std::nullopt;
  if (found->type != fs::FileType::symlink) return base::FoundName{};
  auto target = link_target(path);
  if (!target) return std::nullopt;
  return base::FoundName{std::move(*target)};
}

std::unique_ptr<FilesystemReader> open_filesystem(const fs::ByteSource& source) {
  constexpr std::size_t probe_size = 2048;
  if (source.size() < probe_size) return nullptr;
  Bytes start(probe_size);
  source.read(0, start);
  for (const FilesystemBehaviour& candidate : filesystems()) {
    if (candidate.reader != nullptr && candidate.reader->recognises(start))
      return candidate.reader->open(source);
  }
  return nullptr;
}

} // namespace imagewright::disk
