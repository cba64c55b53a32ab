// SPDX-License-Identifier: MIT
#include "size_changes.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "comparison_words.hpp"

namespace imagewright::audit {

namespace {

/// "12 bytes sha256:…" of what has content.
std::uint64_t size_in(const Aspects& aspects) {
  const auto content = aspects.find("content");
  std::uint64_t size = 0;
  if (content == aspects.end()) return 0;
  const std::string& text = content->second;
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), size));
  return size;
}

std::optional<std::uint64_t> find(const Sizes& sizes, const std::string& subject) {
  const auto found = sizes.find(subject);
  if (found == sizes.end()) return std::nullopt;
  return found->second;
}

std::uint64_t extent(const SizeChange& change) {
  const std::uint64_t before = change.before.value_or(0);
  const std::uint64_t after = change.after.value_or(0);
  return std::max(before, after) - std::min(before, after);
}

} // namespace

std::string directory_of(const std::string& path) {
  const std::size_t second = path.find('/', 1);
  if (second == std::string::npos) return "/";
  return path.substr(0, std::min(path.find('/', second + 1), path.rfind('/')));
}

Sizes sizes_of(const std::vector<model::LockedPackage>& packages) {
  Sizes sizes;
  for (const model::LockedPackage& package : packages)
    sizes[package.nevra.name + "." + package.nevra.architecture] += package.installed_size.bytes();
  return sizes;
}

void add_directory_sizes(Sizes& sizes, const std::map<std::string, Aspects>& files,
                         const std::string& prefix) {
  for (const auto& [path, aspects] : files) {
    if (const std::uint64_t size = size_in(aspects)) sizes[directory_of(prefix + path)] += size;
  }
}

std::vector<SizeChange> size_changes(const Sizes& before, const Sizes& after) {
  std::set<std::string> subjects;
  for (const Sizes* sizes : {&before, &after}) {
    for (const auto& [subject, size] : *sizes)
      subjects.insert(subject);
  }
  std::vector<SizeChange> changes;
  for (const std::string& subject : subjects) {
    SizeChange change{subject, find(before, subject), find(after, subject)};
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  std::stable_sort(
      changes.begin(), changes.end(),
      [](const SizeChange& left, const SizeChange& right) { return extent(left) > extent(right); });
  return changes;
}

} // namespace imagewright::audit
