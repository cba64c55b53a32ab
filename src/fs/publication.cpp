// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
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
    throw base::Error(base::FailureKind::host, "fs.cannot-write",
                      fmt::format("cannot make directory {}: {}", base::quoted(directory.string()),
                                  error.message()),
                      "choose another one with --output-dir, or make it writable");
  }
  return directory;
}

/// Name → digest in hexadecimal digits.
using Sums = std::map<std::string, std::string>;

/// Two builds that publish at once would each drop the other's lines.
UniqueFd locked(const std::filesystem::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  while (fd && ::flock(fd.get(), LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    // A filesystem without locks: whoever builds there twice at once has to know, ignoring.
    break;
  }
  return fd;
}

/// The lines of an older SHA256SUMS whose files are still there.
Sums old_sums(const std::filesystem::path& directory) {
  Sums sums;
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

void Publication::sync_entries() const {
  for (const Entry& entry : entries_)
    sync_path(staged_path(entry.name));
}

void Publication::sync_directories() const {
  std::set<std::filesystem::path> directories{directory_};
  for (const Entry& entry : entries_)
    directories.insert((directory_ / entry.name).parent_path());
  for (const std::filesystem::path& directory : directories)
    sync_path(directory);
}

void Publication::rename_into_place(const std::string& name) const {
  const std::filesystem::path target = directory_ / name;
  std::error_code ignored; // The renaming says what is wrong.
  std::filesystem::create_directories(target.parent_path(), ignored);
  if (::rename(staged_path(name).c_str(), target.c_str()) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot publish", target.string(), errno);
  }
}

void Publication::replace_sums(const Sums& sums) const {
  std::string text;
  for (const auto& [name, hex] : sums)
    text += fmt::format("{}  {}\n", hex, name);
  const std::string name(k_sums_name);
  write_file_atomically(staged_path(name), text);
  rename_into_place(name);
  sync_path(directory_);
}

std::vector<PublishedFile> Publication::publish() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& left, const Entry& right) { return left.name < right.name; });
  sync_entries();
  const UniqueFd lock = locked(directory_);
  Sums sums = old_sums(directory_);
  const std::size_t count = sums.size();
  for (const Entry& entry : entries_)
    sums.erase(entry.name);
  // First: what is about to be replaced is not vouched for any more.
  if (sums.size() != count) replace_sums(sums);
  std::vector<PublishedFile> published;
  for (const Entry& entry : entries_) {
    rename_into_place(entry.name);
    sums[entry.name] = entry.digest.hex;
    published.push_back({directory_ / entry.name, entry.digest});
  }
  // The names must be on the disk before the sums are.
  sync_directories();
  replace_sums(sums);
  return published;
}

} // namespace imagewright::fs
