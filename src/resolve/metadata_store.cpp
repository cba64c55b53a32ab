// SPDX-License-Identifier: MIT
#include "metadata_store.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
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

FilePointer open_metadata(const std::filesystem::path& path,
                          const model::RepositorySnapshot& snapshot) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(snapshot, std::generic_category().message(errno));
  FilePointer file(solv_xfopen_fd(name_for_content(fd), fd, "r"));
  if (!file) {
    ::close(fd);
    fail(snapshot, "libsolv cannot read that compression");
  }
  return file;
}

void parse_xml(Repo* repository, const model::RepositorySnapshot& snapshot, FileLists file_lists) {
  const FilePointer primary = open_metadata(snapshot.primary, snapshot);
  if (repo_add_rpmmd(repository, primary.get(), nullptr, 0) != 0) {
    fail(snapshot, pool_errstr(repository->pool));
  }
  if (file_lists != FileLists::complete || !snapshot.filelists) return;
  const FilePointer files = open_metadata(*snapshot.filelists, snapshot);
  if (repo_add_rpmmd(repository, files.get(), "FL", REPO_EXTEND_SOLVABLES) != 0) {
    fail(snapshot, pool_errstr(repository->pool));
  }
}

// --- prepared files: what libsolv writes, then the SHA-256 (hexadecimal) of it and of the versions
// that made it

constexpr std::size_t k_seal_size = 64;
/// Grows when what we keep in prepared files changes.
constexpr std::string_view k_format = "imagewright-1";

std::string seal_of(std::string_view content) {
  base::Hasher hasher;
  hasher.update(k_format);
  hasher.update(std::string_view(solv_version));
  hasher.update(std::string_view(solv_toolversion));
  hasher.update(content);
  return hasher.finish().hex;
}

std::filesystem::path prepared_path(const model::RepositorySnapshot& snapshot, FileLists file_lists,
                                    const std::filesystem::path& directory) {
  const char* kind = file_lists == FileLists::complete ? "complete" : "primary";
  // The number grows whenever more is kept than before.
  constexpr int k_content_version = 2;
  return directory / fmt::format("{}-{}-{}.solv", snapshot.metadata.hex, kind, k_content_version);
}

/// The whole file, or an empty text.
std::string read_whole(const std::filesystem::path& path) {
  const FilePointer file(std::fopen(path.c_str(), "re"));
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!file || error) return {};
  std::string content(static_cast<std::size_t>(size), '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  return content;
}

bool read_prepared(Repo* repository, const std::filesystem::path& path) {
  const std::string content = read_whole(path);
  if (content.size() <= k_seal_size) return false;
  const std::string_view body = std::string_view(content).substr(0, content.size() - k_seal_size);
  if (seal_of(body) != std::string_view(content).substr(body.size())) return false;
  const FilePointer file(solv_fmemopen(body.data(), body.size(), "r"));
  if (!file || repo_add_solv(repository, file.get(), 0) != 0) {
    repo_empty(repository, 0);
    return false;
  }
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
void write_prepared(Repo* repository, const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::string content = serialized(repository);
  if (content.empty()) return;
  content += seal_of(content);
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
  if (read_prepared(repository, path)) return;
  parse_xml(repository, snapshot, file_lists);
  write_prepared(repository, path);
}

} // namespace imagewright::resolve
