// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/root/description.hpp>

#include "entry_reader.hpp"
#include "tree_walk.hpp"

namespace imagewright::root {

namespace {

[[noreturn]] void fail(const std::string& path) {
  base::throw_system_error("root.cannot-examine", "cannot examine in the root", path, errno);
}

struct Named {
  SnapshotEntry entry;
  struct stat status {};
};

struct stat status_of(int directory, const std::string& name, const std::string& path) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail(path);
  return status;
}

std::string content_of(const WorkRoot& root, const Named& named, const KnownContent& known) {
  if (const auto digest = known.find(named.status)) return digest->hex;
  const fs::UniqueFd file = root.files().open_file(named.entry.path);
  return fs::digest_of_open_file(file.get(), named.entry.path, base::DigestAlgorithm::sha256).hex;
}

std::string line_of(const WorkRoot& root, const Named& named, const KnownContent& known,
                    base::Epoch latest) {
  const SnapshotEntry& entry = named.entry;
  const bool has_time = entry.type != fs::FileType::symlink;
  std::string line = fmt::format(
      "{} {:o} {}:{} {}", static_cast<unsigned>(entry.type), entry.permissions, entry.owner,
      entry.group,
      has_time ? std::min<std::int64_t>(entry.modified_seconds, latest.time_since_epoch().count())
               : 0);
  if (entry.type == fs::FileType::regular) {
    line += fmt::format(" {} {}", named.status.st_size, content_of(root, named, known));
  } else if (entry.type == fs::FileType::symlink) {
    line += " " + entry.target;
  } else if (entry.device != 0) {
    line += fmt::format(" {}", entry.device);
  }
  for (const auto& [name, value] : entry.attributes)
    line += fmt::format(" {}={}", name, base::to_hex(std::as_bytes(std::span(value))));
  return line;
}

/// Reads names and what stands beside their content.
std::vector<Named> names_of(const WorkRoot& root) {
  std::vector<Named> names;
  walk(root.files(), [&](const WalkedEntry& place) {
    const std::string& name = place.entry.name;
    Named named{.entry = {}, .status = status_of(place.directory, name, place.path)};
    named.entry = entry_of(root, place.path, named.status);
    named.entry.attributes = read_attributes(
        "/proc/self/fd/" + std::to_string(place.directory) + "/" + name, place.path);
    if (named.entry.type == fs::FileType::symlink) {
      named.entry.target.resize(PATH_MAX);
      const ssize_t length = ::readlinkat(place.directory, name.c_str(), named.entry.target.data(),
                                          named.entry.target.size());
      if (length < 0) fail(place.path);
      named.entry.target.resize(static_cast<std::size_t>(length));
    }
    names.push_back(std::move(named));
  });
  return names;
}

} // namespace

std::map<std::string, std::string> describe(const WorkRoot& root, const KnownContent& known,
                                            base::Epoch latest, const Workforce& workforce) {
  const std::vector<Named> names = names_of(root);
  std::vector<std::string> lines(names.size());
  base::parallel_for(
      names.size(), workforce.thread_count, workforce.cancellation,
      [&](std::size_t index) { lines[index] = line_of(root, names[index], known, latest); });
  std::map<std::string, std::string> described;
  for (std::size_t index = 0; index < names.size(); ++index)
    described.emplace(names[index].entry.path, std::move(lines[index]));
  return described;
}

std::map<std::string, timespec> directory_times(const WorkRoot& root) {
  std::map<std::string, timespec> times;
  walk(root.files(), [&](const WalkedEntry& place) {
    if (place.entry.type != fs::FileType::directory) return;
    times[place.path] = status_of(place.directory, place.entry.name, place.path).st_mtim;
  });
  return times;
}

} // namespace imagewright::root
