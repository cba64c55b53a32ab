// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cache/stage_store.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "content.hpp"
#include "own_file.hpp"

namespace imagewright::cache {

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{256} * 1024;
constexpr base::ByteSize k_largest_entry = base::ByteSize::mib(512);

void make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
  throw base::Error(base::FailureKind::host, "cache.cannot-open",
                    fmt::format("cannot make the cache directory {}: {}",
                                base::quoted(path.string()),
                                std::generic_category().message(errno)),
                    "choose a directory that can be written with --cache-dir");
}

std::uint64_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void remove_entry(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

/// Reads the stretches of a file into a digest over all of it, and shows each piece.
template <typename Use>
base::Digest digest_pieces(int file, const fs::FileContent& content, const std::string& name,
                           Use use) {
  const std::array whole{fs::Stretch{0, content.size}};
  const std::span<const fs::Stretch> stretches =
      content.stretches.empty() ? std::span<const fs::Stretch>(whole) : content.stretches;
  std::vector<std::byte> buffer(std::min(k_piece, content.size));
  base::Hasher hasher;
  std::uint64_t position = 0;
  for (const fs::Stretch& stretch : stretches) {
    hasher.update_zeros(stretch.offset - position);
    for (std::uint64_t done = 0; done < stretch.length;) {
      const auto piece = std::span(buffer).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), stretch.length - done)));
      fs::read_exactly(file, piece, stretch.offset + done, name);
      hasher.update(piece);
      use(std::span<const std::byte>(piece), stretch.offset + done);
      done += piece.size();
    }
    position = stretch.offset + stretch.length;
  }
  hasher.update_zeros(content.size - position);
  return hasher.finish();
}

void set_size(int file, std::uint64_t size, const std::string& name) {
  if (::ftruncate(file, static_cast<off_t>(size)) != 0)
    base::throw_system_error("fs.cannot-write", "cannot write", name, errno);
}

/// Which parts of a file are stored; none when all are.
std::vector<fs::Stretch> stretches_of(int file, const struct stat& status) {
  std::vector<fs::Stretch> stretches;
  // stat(2): st_blocks counts units of 512 bytes.
  if (status.st_blocks * 512 >= status.st_size) return stretches;
  fs::for_each_data_extent(file, [&](std::uint64_t offset, std::uint64_t length) {
    stretches.push_back({offset, length});
  });
  // A hole from one end to the other: one stretch of nothing says so.
  if (stretches.empty()) stretches.push_back({0, 0});
  return stretches;
}

bool is_sound(const fs::FileContent& content) {
  std::uint64_t position = 0;
  for (const fs::Stretch& stretch : content.stretches) {
    if (stretch.offset < position || stretch.length > content.size ||
        stretch.offset > content.size - stretch.length)
      return false;
    position = stretch.offset + stretch.length;
  }
  return true;
}

} // namespace

StageStore::StageStore(const std::filesystem::path& cache_directory)
    : directory_(cache_directory / "stages") {
  make_directory(directory_);
  for (const std::filesystem::path& path :
       {cache_directory, directory_, directory_ / "entries", directory_ / "content"}) {
    if (path.parent_path() == directory_) make_directory(path);
    if (distrust_.empty()) distrust_ = distrust_of(path);
  }
  if (distrust_.empty()) staging_ = std::make_unique<fs::ClaimedDirectory>(directory_, ".staging-");
}

std::filesystem::path StageStore::content_path(const base::Digest& digest) const {
  return directory_ / "content" / digest.hex.substr(0, 2) / digest.hex;
}

std::filesystem::path StageStore::entry_path(std::string_view kind, std::string_view key) const {
  return directory_ / "entries" / kind / name_of_key(key);
}

std::filesystem::path StageStore::new_file() const {
  return staging_->path() / std::to_string(next_file_++);
}

StageStore::Entry StageStore::find_entry(std::string_view kind, std::string_view key) const {
  if (!distrust_.empty()) return {};
  const std::filesystem::path path = entry_path(kind, key);
  if (distrust_of(path.parent_path()).empty()) {
    const auto [file, is_there] = open_own(path);
    if (!is_there) return {};
    const std::uint64_t size = file ? size_of(file.get()) : 0;
    if (file && size <= k_largest_entry.bytes()) {
      std::string content(static_cast<std::size_t>(size), '\0');
      fs::read_exactly(file.get(), std::as_writable_bytes(std::span(content)), 0, path.string());
      // The digest of the rest, the key's size, the key, the text: an entry that was put in the
      // place of another one does not have that one's key.
      const std::size_t end = content.find('\n');
      const std::string_view rest =
          end == std::string::npos ? std::string_view() : std::string_view(content).substr(end + 1);
      const std::string beginning = fmt::format("{}\n{}\n", key.size(), key);
      if (end != std::string::npos && base::digest_of(rest).hex == content.substr(0, end) &&
          rest.starts_with(beginning)) {
        mark_used(path);
        return {Finding::found, std::string(rest.substr(beginning.size()))};
      }
    }
  } else if (std::error_code ignored; !std::filesystem::exists(path, ignored)) {
    return {};
  }
  remove_entry(path);
  is_doubtful_ = true;
  return {.finding = Finding::damaged, .text = {}};
}

void StageStore::put_entry(std::string_view kind, std::string_view key, std::string_view text) {
  if (!distrust_.empty()) return;
  const std::filesystem::path path = entry_path(kind, key);
  make_directory(path.parent_path());
  const std::string rest = fmt::format("{}\n{}\n{}", key.size(), key, text);
  const std::string whole = fmt::format("{}\n{}", base::digest_of(rest).hex, rest);
  const std::filesystem::path staged = new_file();
  {
    const fs::UniqueFd file(
        ::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) base::throw_system_error("fs.cannot-write", "cannot write", staged.string(), errno);
    fs::write_exactly(file.get(), std::as_bytes(std::span(whole)), 0, staged.string());
  }
  rename_into_place(staged, path);
}

fs::FileContent StageStore::put_content(int file, const std::string& name) {
  struct stat status {};
  if (::fstat(file, &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot examine", name, errno);
  fs::FileContent content{.digest = {},
                          .size = static_cast<std::uint64_t>(status.st_size),
                          .stretches = stretches_of(file, status)};
  content.digest = digest_pieces(file, content, name, [](auto, auto) {});
  if (!distrust_.empty()) return content;
  if (!is_kept(content)) keep(file, content, name);
  return content;
}

bool StageStore::is_kept(const fs::FileContent& content) const {
  const std::filesystem::path path = content_path(content.digest);
  const auto [file, is_there] = open_own(path);
  if (!file || size_of(file.get()) != content.size) return false;
  // Should it be damaged, then whoever reads it finds that out.
  return !is_doubtful_ ||
         digest_pieces(file.get(), content, path.string(), [](auto, auto) {}) == content.digest;
}

void StageStore::keep(int file, const fs::FileContent& content, const std::string& name) {
  const std::filesystem::path path = content_path(content.digest);
  make_directory(path.parent_path());
  const std::filesystem::path staged = new_file();
  {
    const fs::UniqueFd target(
        ::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
    if (!target)
      base::throw_system_error("fs.cannot-write", "cannot write", staged.string(), errno);
    if (::ioctl(target.get(), FICLONE, file) != 0) {
      digest_pieces(file, content, name, [&](std::span<const std::byte> piece, std::uint64_t at) {
        fs::write_exactly(target.get(), piece, at, staged.string());
      });
      set_size(target.get(), content.size, staged.string());
    }
  }
  rename_into_place(staged, path);
}

StageStore::Finding StageStore::copy_content(const fs::FileContent& content, int target,
                                             const std::string& name) const {
  if (!distrust_.empty() || !is_sound(content)) return Finding::absent;
  const std::filesystem::path path = content_path(content.digest);
  const auto [file, is_there] = open_own(path);
  if (!is_there) return Finding::absent;
  if (file && size_of(file.get()) == content.size) {
    const bool is_shared = ::ioctl(target, FICLONE, file.get()) == 0;
    // Of shared blocks the copy is read, so that what was looked at is what is used.
    const base::Digest digest =
        digest_pieces(is_shared ? target : file.get(), content, path.string(),
                      [&](std::span<const std::byte> piece, std::uint64_t at) {
                        if (!is_shared) fs::write_exactly(target, piece, at, name);
                      });
    if (digest == content.digest) {
      if (!is_shared) set_size(target, content.size, name);
      mark_used(path);
      return Finding::found;
    }
  }
  remove_entry(path);
  is_doubtful_ = true;
  return Finding::damaged;
}

} // namespace imagewright::cache
