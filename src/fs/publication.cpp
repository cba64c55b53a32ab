// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

namespace {

constexpr std::string_view k_sums_name = "SHA256SUMS";

std::filesystem::path created(std::filesystem::path directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    base::throw_system_error("fs.cannot-write", "cannot make directory", directory.string(),
                             error.value());
  }
  return directory;
}

void sync_path(const std::filesystem::path& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot sync", path.string(), errno);
  }
}

/// The lines of an older SHA256SUMS whose files are still there: name → hex digest.
std::map<std::string, std::string> old_sums(const std::filesystem::path& directory) {
  std::map<std::string, std::string> sums;
  const auto text = find_file(directory / k_sums_name, base::ByteSize::mib(16));
  if (!text) return sums;
  for (const std::string& line : base::split(*text, '\n')) {
    const std::vector<std::string> words = base::split_whitespace(line);
    std::error_code ignored;
    if (words.size() == 2 && std::filesystem::exists(directory / words[1], ignored)) {
      sums[words[1]] = words[0];
    }
  }
  return sums;
}

} // namespace

Publication::Publication(std::filesystem::path directory)
    : directory_(created(std::move(directory))), staging_(directory_, ".imagewright-staging-") {}

std::filesystem::path Publication::staged_path(const std::string& name) const {
  return staging_.path() / name;
}

void Publication::add(const std::string& name, base::Digest digest) {
  entries_.push_back({name, std::move(digest)});
}

void Publication::add(const std::string& name) {
  add(name, digest_of_file(staged_path(name)));
}

std::vector<PublishedFile> Publication::publish() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& left, const Entry& right) { return left.name < right.name; });
  auto sums = old_sums(directory_);
  for (const Entry& entry : entries_)
    sums[entry.name] = entry.digest.hex;
  std::string text;
  for (const auto& [name, hex] : sums)
    text += fmt::format("{}  {}\n", hex, name);
  const std::filesystem::path staged_sums = staged_path(std::string(k_sums_name));
  write_file_atomically(staged_sums, text);
  for (const Entry& entry : entries_)
    sync_path(staged_path(entry.name), O_RDONLY);

  std::vector<PublishedFile> published;
  for (const Entry& entry : entries_) {
    const std::filesystem::path target = directory_ / entry.name;
    if (::rename(staged_path(entry.name).c_str(), target.c_str()) != 0) {
      base::throw_system_error("fs.cannot-write", "cannot publish", target.string(), errno);
    }
    published.push_back({target, entry.digest});
  }
  // Last: a reader that checks sums never sees sums of files that are not there yet.
  if (::rename(staged_sums.c_str(), (directory_ / k_sums_name).c_str()) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot publish",
                             (directory_ / k_sums_name).string(), errno);
  }
  sync_path(directory_, O_RDONLY | O_DIRECTORY);
  return published;
}

} // namespace imagewright::fs
