// SPDX-License-Identifier: MIT
#include "lint/file_set.hpp"

#include <deque>

#include <imagewright/base/text.hpp>

namespace imagewright::lint {

namespace {

constexpr int k_most_links = 40;

void push_front(std::deque<std::string>& parts, std::string_view more) {
  const std::vector<std::string> pieces = base::split(more, '/');
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    if (!piece->empty() && *piece != ".") parts.push_front(*piece);
  }
}

} // namespace

std::optional<std::string> FileSet::resolve(std::string_view path) const {
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
    const auto found = files_.find(next);
    if (found == files_.end()) return std::nullopt;
    if (found->second.type != fs::FileType::symlink) {
      resolved = next;
      continue;
    }
    if (++links > k_most_links) return std::nullopt;
    if (found->second.link_target.starts_with('/')) resolved.clear();
    push_front(parts, found->second.link_target);
  }
  return resolved.empty() ? "/" : resolved;
}

const FileFacts* FileSet::find_itself(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

const FileFacts* FileSet::find(std::string_view path) const {
  const auto resolved = resolve(path);
  return resolved ? find_itself(*resolved) : nullptr;
}

std::vector<std::string> FileSet::list(std::string_view path) const {
  std::vector<std::string> names;
  const auto resolved = resolve(path);
  if (!resolved) return names;
  const std::string prefix = *resolved == "/" ? "/" : *resolved + "/";
  for (auto file = files_.lower_bound(prefix);
       file != files_.end() && file->first.starts_with(prefix); ++file) {
    const std::string name = file->first.substr(prefix.size());
    if (!name.empty() && name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

std::optional<std::string> FileSet::read(std::string_view path, base::ByteSize limit) const {
  const auto resolved = resolve(path);
  const FileFacts* facts = resolved ? find_itself(*resolved) : nullptr;
  if (facts == nullptr || facts->type != fs::FileType::regular || facts->size > limit.bytes())
    return std::nullopt;
  return reader_(*resolved, static_cast<std::size_t>(facts->size));
}

std::string FileSet::head(std::string_view path, std::size_t count) const {
  const auto resolved = resolve(path);
  const FileFacts* facts = resolved ? find_itself(*resolved) : nullptr;
  if (facts == nullptr || facts->type != fs::FileType::regular) return {};
  return reader_(*resolved, count);
}

} // namespace imagewright::lint
