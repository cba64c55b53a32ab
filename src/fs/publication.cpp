// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

namespace {

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

/// What earlier outputs made way for cannot be had back from a filesystem that knows no exchange.
bool is_no_exchange(int error_number) {
  return error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP;
}

} // namespace

/// Files under their final names. Unless all of them shall stay, those that were there before come
/// back.
class Publication::Placement {
public:
  Placement() = default;
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;
  Placement(Placement&&) = delete;
  Placement& operator=(Placement&&) = delete;
  ~Placement() {
    // Sums come before the files that they vouch for: where one cannot be taken back, the rest
    // fits it as it is.
    while (!moves_.empty() && take_back(moves_.back()))
      moves_.pop_back();
  }

  /// What was called so before takes the staged file's name.
  void place(const std::filesystem::path& staged, const std::filesystem::path& target) {
    std::error_code ignored; // The renaming says what is wrong.
    std::filesystem::create_directories(target.parent_path(), ignored);
    moves_.push_back({staged, target, /*has_earlier=*/true});
    if (replace(moves_.back())) return;
    const int error_number = errno;
    moves_.pop_back();
    base::throw_system_error("fs.cannot-write", "cannot publish", target.string(), error_number);
  }
  void keep() noexcept { moves_.clear(); }

private:
  struct Move {
    std::filesystem::path staged;
    std::filesystem::path target;
    bool has_earlier = false;
  };

  static bool exchange(const std::filesystem::path& one, const std::filesystem::path& other) {
    return ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0;
  }
  static bool replace(Move& move) {
    struct stat status {};
    if (::lstat(move.target.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      // An exchange would take it away with all that is in it.
      errno = EISDIR;
      return false;
    }
    if (exchange(move.staged, move.target)) return true;
    if (errno != ENOENT && !is_no_exchange(errno)) return false;
    move.has_earlier = false;
    return ::rename(move.staged.c_str(), move.target.c_str()) == 0;
  }
  static bool take_back(const Move& move) {
    if (move.has_earlier) return exchange(move.staged, move.target);
    // Where no renaming goes any more, a file that nobody had before can still go.
    return ::rename(move.target.c_str(), move.staged.c_str()) == 0 ||
           ::unlink(move.target.c_str()) == 0;
  }

  std::vector<Move> moves_;
};

Publication::Publication(std::filesystem::path directory)
    : directory_(created(std::move(directory))), staging_(directory_, ".imagewright-staging-") {}

std::filesystem::path Publication::staged_path(const std::string& name) const {
  return staging_.path() / name;
}

void Publication::keep(const std::vector<std::filesystem::path>& inputs) {
  inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
}

void Publication::require_free(const std::string& name) const {
  const std::filesystem::path target = directory_ / name;
  for (const std::filesystem::path& input : inputs_) {
    std::error_code is_missing;
    if (!std::filesystem::equivalent(target, input, is_missing)) continue;
    throw base::Error(base::FailureKind::input, "fs.output-is-input",
                      fmt::format("the output {} would replace what it is made from",
                                  base::quoted(target.string())),
                      "give it another name, or another directory with --output-dir");
  }
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

void Publication::place_sums(Placement& placement, const std::string& staged_name,
                             const Sums& sums) const {
  std::string text;
  for (const auto& [name, hex] : sums)
    text += fmt::format("{}  {}\n", hex, name);
  write_file_atomically(staged_path(staged_name), text);
  placement.place(staged_path(staged_name), directory_ / k_sums_name);
  sync_path(directory_);
}

void Publication::place_all(Placement& placement, std::vector<PublishedFile>& published) const {
  Sums sums = old_sums(directory_);
  const std::size_t count = sums.size();
  for (const Entry& entry : entries_)
    sums.erase(entry.name);
  // First: what is about to be replaced is not vouched for any more.
  if (sums.size() != count) place_sums(placement, ".sums-before", sums);
  for (const Entry& entry : entries_) {
    placement.place(staged_path(entry.name), directory_ / entry.name);
    sums[entry.name] = entry.digest.hex;
    published.push_back({directory_ / entry.name, entry.digest});
  }
  // The names must be on the disk before the sums are.
  sync_directories();
  place_sums(placement, ".sums-after", sums);
}

std::vector<PublishedFile> Publication::publish() {
  Publication* const one = this;
  return publish_all(std::span(&one, 1));
}

std::vector<PublishedFile> Publication::publish_all(std::span<Publication* const> publications) {
  // By their real names: whoever waits for two directories waits for them in one order, and for
  // one that has two names once.
  std::map<std::filesystem::path, UniqueFd> locks;
  for (Publication* publication : publications) {
    std::ranges::sort(publication->entries_, {}, &Entry::name);
    for (const Entry& entry : publication->entries_)
      publication->require_free(entry.name);
    publication->sync_entries();
    locks.try_emplace(std::filesystem::canonical(publication->directory_));
  }
  for (auto& [directory, lock] : locks)
    lock = locked(directory);
  Placement placement;
  std::vector<PublishedFile> published;
  for (const Publication* publication : publications)
    publication->place_all(placement, published);
  placement.keep();
  return published;
}

} // namespace imagewright::fs
