// SPDX-License-Identifier: MIT
#include "metadata_store.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include <solv/repo_solv.h>
#include <solv/solv_xfopen.h>
#include <solv/solvversion.h>
}
#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>

#include "metadata_job.hpp"

namespace imagewright::resolve {

namespace {

// --- prepared files: what libsolv writes, then the SHA-256 (hexadecimal) of it, of the metadata
// that it was made from and of the versions that made it. Whoever can write files in our name can
// make one; what others may have written is not believed.

constexpr std::size_t k_seal_size = 64;
/// Grows when what we keep in prepared files changes.
constexpr std::string_view k_format = "imagewright-4";

std::string word_for(MetadataParts parts) {
  const std::string word = parts.file_lists == FileLists::complete ? "complete" : "primary";
  return parts.times == Times::kept ? word + "-times" : word;
}

/// What a prepared file was made from: repomd.xml names the digests of all else.
std::string origin_of(const model::RepositorySnapshot& snapshot, MetadataParts parts) {
  return fmt::format("{} {} {}", snapshot.metadata.to_string(),
                     snapshot.primary.filename().string(), word_for(parts));
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

/// What no metadata is larger than (metadata_job.cpp).
constexpr std::uint64_t k_largest_prepared = std::uint64_t{2} << 30U;

std::filesystem::path prepared_path(const model::RepositorySnapshot& snapshot, MetadataParts parts,
                                    const std::filesystem::path& directory) {
  return directory / fmt::format("{}-{}.solv", snapshot.metadata.hex, word_for(parts));
}

/// The whole file, or an empty text when it is not ours alone.
std::string read_whole(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const FilePointer file(fd < 0 ? nullptr : ::fdopen(fd, "r"));
  if (!file) return {};
  struct stat status {};
  const bool is_ours = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                       status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_ours || static_cast<std::uint64_t>(status.st_size) > k_largest_prepared) return {};
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  return content;
}

bool add_prepared(Repo* repository, std::string_view body) {
  const FilePointer file(solv_fmemopen(body.data(), body.size(), "r"));
  if (file && repo_add_solv(repository, file.get(), 0) == 0) return true;
  repo_empty(repository, 0);
  return false;
}

bool read_prepared(Repo* repository, const std::filesystem::path& path, std::string_view origin) {
  const std::string content = read_whole(path);
  if (content.size() <= k_seal_size) return false;
  const std::string_view body = std::string_view(content).substr(0, content.size() - k_seal_size);
  if (seal_of(body, origin) != std::string_view(content).substr(body.size())) return false;
  if (!add_prepared(repository, body)) return false;
  // Whoever cleans the cache up asks when a file was used last.
  struct timespec times[2] = {};
  times[0].tv_nsec = UTIME_NOW;
  times[1].tv_nsec = UTIME_OMIT;
  static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
  return true;
}

/// A prepared file only saves time: whatever goes wrong while it is written is not worth failing
/// for, ignoring it.
void write_prepared(std::string content, const std::filesystem::path& path,
                    std::string_view origin) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
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

void load_metadata(Repo* repository, const model::RepositorySnapshot& snapshot, MetadataParts parts,
                   const std::filesystem::path& directory, const base::Cancellation& cancellation) {
  const std::filesystem::path path = prepared_path(snapshot, parts, directory);
  const std::string origin = origin_of(snapshot, parts);
  if (!directory.empty() && read_prepared(repository, path, origin)) return;
  std::string content = prepare_metadata(snapshot, parts, cancellation);
  if (!add_prepared(repository, content)) fail(snapshot.repository.name, "it cannot be prepared");
  if (!directory.empty()) write_prepared(std::move(content), path, origin);
}

} // namespace imagewright::resolve
