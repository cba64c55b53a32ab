// SPDX-License-Identifier: MIT
#include <deque>

#include <imagewright/base/text.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/filesystem.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

// What Linux follows at most (MAXSYMLINKS).
constexpr int k_most_links = 40;

void push_front(std::deque<std::string>& parts, std::string_view path) {
  const std::vector<std::string> pieces = base::split(path, '/');
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    if (!piece->empty() && *piece != ".") parts.push_front(*piece);
  }
}

} // namespace

std::optional<std::string> FilesystemReader::resolve(std::string_view path) const {
  std::deque<std::string> parts;
  push_front(parts, path);
  std::string resolved;
  int links = 0;
  while (!parts.empty()) {
    const std::string part = parts.front();
    parts.pop_front();
    if (part == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.rfind('/'));
      continue;
    }
    const std::string next = resolved + "/" + part;
    const auto found = find(next);
    if (!found) return std::nullopt;
    if (found->type != fs::FileType::symlink) {
      resolved = next;
      continue;
    }
    const auto target = link_target(next);
    if (!target || ++links > k_most_links) return std::nullopt;
    if (target->starts_with('/')) resolved.clear();
    push_front(parts, *target);
  }
  return resolved.empty() ? "/" : resolved;
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
