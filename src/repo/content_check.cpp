// SPDX-License-Identifier: MIT
#include "content_check.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "beginnings.hpp"

namespace imagewright::repo {

namespace {

constexpr std::string_view k_repomd_path = "repodata/repomd.xml";

std::string beginning_text(const std::filesystem::path& path) {
  std::array<char, 512> head{};
  const fs::UniqueFd file = fs::open_for_reading(path);
  const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
  return {head.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

/// What portals, proxies and error handlers answer in the place of a file, with status 200.
bool is_web_page(const std::filesystem::path& path) {
  std::string head = base::to_lower(base::trimmed(beginning_text(path)));
  if (head.starts_with("\xef\xbb\xbf")) head.erase(0, 3);
  if (head.starts_with("<?xml")) {
    const std::size_t end = head.find("?>");
    if (end != std::string::npos) head = base::trimmed(std::string_view(head).substr(end + 2));
  }
  return head.starts_with("<!doctype html") || head.starts_with("<html") ||
         head.starts_with("<head") || head.starts_with("<body");
}

base::Digest digest_of(const std::filesystem::path& path, base::DigestAlgorithm algorithm) {
  const fs::UniqueFd file = fs::open_for_reading(path);
  base::Hasher hasher(algorithm);
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return hasher.finish();
    hasher.update(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(got)));
  }
}

/// What is wrong with it, as the end of a sentence.
DownloadResult find_fault(const Download& download, const MirrorList& mirrors) {
  const std::filesystem::path file = beginning_of(download);
  const std::uint64_t size = std::filesystem::file_size(file);
  if (download.size && size != download.size->bytes()) {
    return DownloadFailure{DownloadProblem::wrong_size,
                           fmt::format("has {} bytes instead of {}", size, download.size->bytes())};
  }
  if (download.digest) {
    const base::Digest actual = digest_of(file, download.digest->algorithm);
    if (actual == *download.digest) return std::nullopt;
    return DownloadFailure{DownloadProblem::wrong_content,
                           fmt::format("has the checksum {} instead of {}", actual.to_string(),
                                       download.digest->to_string())};
  }
  if (download.path == k_repomd_path && !is_announced(mirrors, file)) {
    return DownloadFailure{DownloadProblem::wrong_content,
                           mirrors.has_only_weak_digests
                               ? "cannot be checked: its metalink announces only digests that can "
                                 "be forged"
                               : "is not the one that its metalink announces"};
  }
  return std::nullopt;
}

DownloadFailure local_failure(const std::string& path, DownloadProblem problem,
                              const std::string& why) {
  return {problem, fmt::format("{} {}", base::quoted(path), why)};
}

} // namespace

DownloadResult check_content(const Download& download, const MirrorList& mirrors,
                             const std::string& base) {
  DownloadResult fault = find_fault(download, mirrors);
  const bool is_unchecked = !download.digest && !fault;
  const std::string where = base::quoted(base::without_secrets(url_below(base, download.path)));
  if ((fault || is_unchecked) && is_web_page(beginning_of(download))) {
    return DownloadFailure{
        DownloadProblem::portal,
        fmt::format("{} is a web page; a portal or proxy answers in the server's place", where)};
  }
  if (fault) fault->detail = fmt::format("{} {}", where, fault->detail);
  return fault;
}

DownloadResult copy_local(const Download& download) {
  const std::string path = (download.source.directory / download.path).string();
  // Not blocking: a pipe in its place has no end to wait for.
  const fs::UniqueFd from(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!from) {
    const bool is_missing = errno == ENOENT || errno == ENOTDIR;
    return local_failure(path, is_missing ? DownloadProblem::missing : DownloadProblem::unreachable,
                         fmt::format("cannot be read: {}", std::generic_category().message(errno)));
  }
  struct stat status {};
  if (::fstat(from.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return local_failure(path, DownloadProblem::unreachable, "is no regular file");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t largest = download.size.value_or(download.largest).bytes();
  if (size > largest) {
    return local_failure(path, DownloadProblem::wrong_size,
                         fmt::format("has {} bytes, more than {}", size, largest));
  }
  const fs::UniqueFd into(
      ::open(download.target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!into) {
    base::throw_system_error("fs.cannot-write", "cannot write", download.target.string(), errno);
  }
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  for (std::uint64_t offset = 0; offset < size;) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - offset));
    const ssize_t got = ::pread(from.get(), buffer.data(), length, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return local_failure(path, DownloadProblem::wrong_size, "became shorter");
    fs::write_exactly(into.get(),
                      std::span<const std::byte>(buffer).first(static_cast<std::size_t>(got)),
                      offset, download.target.string());
    offset += static_cast<std::uint64_t>(got);
  }
  return std::nullopt;
}

} // namespace imagewright::repo
