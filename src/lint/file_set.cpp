// SPDX-License-Identifier: MIT
#include "lint/file_set.hpp"

#include <imagewright/base/follow_links.hpp>

namespace imagewright::lint {

std::optional<std::string> FileSet::resolve(std::string_view path) const {
  return base::follow_links(path, [&](const std::string& name) -> std::optional<base::FoundName> {
    const FileFacts* found = find_itself(name);
    if (found == nullptr) return std::nullopt;
    if (found->type != fs::FileType::symlink) return base::FoundName{};
    return base::FoundName{found->link_target};
  });
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
