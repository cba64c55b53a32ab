// SPDX-License-Identifier: MIT
#include "metadata_store.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include <solv/repo_rpmmd.h>
#include <solv/repo_solv.h>
#include <solv/repo_write.h>
#include <solv/solv_xfopen.h>
#include <solv/solvversion.h>
}
#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::resolve {

namespace {

[[noreturn]] void fail(const model::RepositorySnapshot& snapshot, const std::string& why) {
  throw base::Error(base::FailureKind::build, "resolve.metadata-unreadable",
                    fmt::format("cannot read the metadata of the repository {}: {}",
                                base::quoted(snapshot.repository.name), base::escape_controls(why)),
                    "the repository's metadata is damaged; make it again with createrepo_c");
}

/// libsolv tells compressions apart by file name; files of the cache are named by their digest.
const char* name_for_content(int fd) {
  std::array<char, 6> head{};
  const ssize_t got = ::pread(fd, head.data(), head.size(), 0);
  const std::string_view text(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (text.starts_with("\x1f\x8b")) return "metadata.gz";
  if (text.starts_with("\x28\xb5\x2f\xfd")) return "metadata.zst";
  if (text.starts_with("\xfd"
                       "7zXZ")) {
    return "metadata.xz";
  }
  if (text.starts_with("BZh")) return "metadata.bz2";
  return "metadata";
}

// --- Decompression with a limit: metadata of a few kilobytes may stand for gigabytes

/// What libsolv can number; larger metadata would run over.
constexpr std::uint64_t k_largest_text = std::uint64_t{2} << 30U;
/// XML of packages shrinks to a tenth or a twentieth. More than this is made to hurt.
constexpr std::uint64_t k_largest_ratio = 256;
/// Small files may shrink by any factor.
constexpr std::uint64_t k_always_allowed = std::uint64_t{16} << 20U;

struct LimitedStream {
  FilePointer inner;
  std::uint64_t left = 0;
  bool is_over = false;
};

ssize_t read_limited(void* cookie, char* buffer, std::size_t size) {
  auto& stream = *static_cast<LimitedStream*>(cookie);
  const std::size_t got = std::fread(buffer, 1, size, stream.inner.get());
  if (got == 0) return std::ferror(stream.inner.get()) != 0 ? -1 : 0;
  if (got > stream.left) {
    stream.is_over = true;
    errno = EFBIG;
    return -1;
  }
  stream.left -= got;
  return static_cast<ssize_t>(got);
}

std::uint64_t largest_text(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size >= k_largest_text) return 0;
  return std::min(k_largest_text, std::max(k_always_allowed, size * k_largest_ratio));
}

/// The text of a metadata file; reading it fails where the limit is.
class MetadataText {
public:
  MetadataText(const std::filesystem::path& path, const model::RepositorySnapshot& snapshot);

  std::FILE* get() const { return file_.get(); }
  bool is_over() const { return stream_->is_over; }

private:
  std::unique_ptr<LimitedStream> stream_ = std::make_unique<LimitedStream>();
  FilePointer file_;
};

FilePointer open_metadata(const std::filesystem::path& path,
                          const model::RepositorySnapshot& snapshot) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail(snapshot, std::generic_category().message(errno));
  FilePointer file(solv_xfopen_fd(name_for_content(fd), fd, "r"));
  if (!file) {
    ::close(fd);
    fail(snapshot, "libsolv cannot read that compression");
  }
  return file;
}

MetadataText::MetadataText(const std::filesystem::path& path,
                           const model::RepositorySnapshot& snapshot) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  stream_->left = fd < 0 ? 0 : largest_text(fd);
  if (fd >= 0) ::close(fd);
  stream_->inner = open_metadata(path, snapshot);
  file_.reset(::fopencookie(stream_.get(), "r", {.read = read_limited}));
  if (!file_) fail(snapshot, "there is no memory to read it");
}

void parse_file(Repo* repository, const std::filesystem::path& path,
                const model::RepositorySnapshot& snapshot, const char* language, int flags) {
  const MetadataText text(path, snapshot);
  const bool is_parsed = repo_add_rpmmd(repository, text.get(), language, flags) == 0;
  if (text.is_over()) {
    fail(snapshot, "it is far larger than its compressed size lets expect; that is how metadata "
                   "looks that was made to exhaust memory");
  }
  // libsolv takes a read error for the end of the file.
  if (!is_parsed) fail(snapshot, pool_errstr(repository->pool));
  if (std::ferror(text.get()) != 0) fail(snapshot, "its compression is damaged");
}

void parse_xml(Repo* repository, const model::RepositorySnapshot& snapshot, FileLists file_lists) {
  parse_file(repository, snapshot.primary, snapshot, nullptr, 0);
  if (file_lists != FileLists::complete || !snapshot.filelists) return;
  parse_file(repository, *snapshot.filelists, snapshot, "FL", REPO_EXTEND_SOLVABLES);
}

// --- prepared files: what libsolv writes, then the SHA-256 (hexadecimal) of it, of the metadata
// that it was made from and of the versions that made it. Whoever can write files in our name can
// make one; what others may have written is not believed.

constexpr std::size_t k_seal_size = 64;
/// Grows when what we keep in prepared files changes.
constexpr std::string_view k_format = "imagewright-3";

/// What a prepared file was made from: repomd.xml names the digests of all else.
std::string origin_of(const model::RepositorySnapshot& snapshot, FileLists file_lists) {
  return fmt::format("{} {} {}", snapshot.metadata.to_string(),
                     snapshot.primary.filename().string(),
                     file_lists == FileLists::complete ? "complete" : "primary");
}

std::string seal_of(std::string_view content, std::string_view origin) {
  base::Hasher hasher;
  hasher.update(origin);
  hasher.update(k_format);
  hasher.update(std::string_view(solv_version));
  hasher.update(std::string_view(solv_toolversion));
  hasher.update(content);
  return hasher.finish().hex;
}

std::filesystem::path prepared_path(const model::RepositorySnapshot& snapshot, FileLists file_lists,
                                    const std::filesystem::path& directory) {
  const char* kind = file_lists == FileLists::complete ? "complete" : "primary";
  return directory / fmt::format("{}-{}.solv", snapshot.metadata.hex, kind);
}

/// The whole file, or an empty text when it is not ours alone.
std::string read_whole(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const FilePointer file(fd < 0 ? nullptr : ::fdopen(fd, "r"));
  if (!file) return {};
  struct stat status {};
  const bool is_ours = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                       status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_ours || static_cast<std::uint64_t>(status.st_size) > k_largest_text) return {};
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  return content;
}

bool read_prepared(Repo* repository, const std::filesystem::path& path, std::string_view origin) {
  const std::string content = read_whole(path);
  if (content.size() <= k_seal_size) return false;
  const std::string_view body = std::string_view(content).substr(0, content.size() - k_seal_size);
  if (seal_of(body, origin) != std::string_view(content).substr(body.size())) return false;
  const FilePointer file(solv_fmemopen(body.data(), body.size(), "r"));
  if (!file || repo_add_solv(repository, file.get(), 0) != 0) {
    repo_empty(repository, 0);
    return false;
  }
  // Whoever cleans the cache up asks when a file was used last.
  struct timespec times[2] = {};
  times[0].tv_nsec = UTIME_NOW;
  times[1].tv_nsec = UTIME_OMIT;
  static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
  return true;
}

/// Texts for people are never asked for: leaving them out makes reading
/// several times faster.
int keep_key(Repo* repository, Repokey* key, void* data) {
  constexpr std::array<Id, 7> unwanted{SOLVABLE_SUMMARY,  SOLVABLE_DESCRIPTION, SOLVABLE_URL,
                                       SOLVABLE_GROUP,    SOLVABLE_PACKAGER,    SOLVABLE_BUILDHOST,
                                       SOLVABLE_HEADEREND};
  for (const Id name : unwanted) {
    if (key->name == name) return KEY_STORAGE_DROPPED;
  }
  return repo_write_stdkeyfilter(repository, key, data);
}

std::string serialized(Repo* repository) {
  char* buffer = nullptr;
  std::size_t size = 0;
  bool is_written = false;
  {
    const FilePointer file(::open_memstream(&buffer, &size));
    is_written = file &&
                 repo_write_filtered(repository, file.get(), keep_key, nullptr, nullptr) == 0 &&
                 std::fflush(file.get()) == 0;
  }
  const std::unique_ptr<char, decltype(&std::free)> owner(buffer, &std::free);
  return is_written ? std::string(buffer, size) : std::string();
}

/// A prepared file only saves time: whatever goes wrong while it is written is not worth failing
/// for, ignoring it.
void write_prepared(Repo* repository, const std::filesystem::path& path, std::string_view origin) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::string content = serialized(repository);
  if (content.empty()) return;
  content += seal_of(content, origin);
  std::string staged = path.string() + ".XXXXXX";
  const int fd = ::mkostemp(staged.data(), O_CLOEXEC);
  if (fd < 0) return;
  FilePointer file(::fdopen(fd, "w"));
  const bool is_whole =
      file && std::fwrite(content.data(), 1, content.size(), file.get()) == content.size() &&
      std::fclose(file.release()) == 0;
  if (!is_whole || ::rename(staged.c_str(), path.c_str()) != 0) ::unlink(staged.c_str());
}

} // namespace

void load_metadata(Repo* repository, const model::RepositorySnapshot& snapshot,
                   FileLists file_lists, const std::filesystem::path& directory) {
  if (directory.empty()) {
    parse_xml(repository, snapshot, file_lists);
    return;
  }
  const std::filesystem::path path = prepared_path(snapshot, file_lists, directory);
  const std::string origin = origin_of(snapshot, file_lists);
  if (read_prepared(repository, path, origin)) return;
  parse_xml(repository, snapshot, file_lists);
  write_prepared(repository, path, origin);
}

} // namespace imagewright::resolve
