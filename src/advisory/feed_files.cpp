// SPDX-License-Identifier: MIT
#include "feed_files.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "xml_reader.hpp"

namespace imagewright::advisory {

namespace {

/// Documents of a directory are gathered in memory; the largest that is known has a tenth of this.
constexpr std::uint64_t k_largest_directory = std::uint64_t{4} << 30U;

std::uint64_t size_of(const fs::UniqueFd& file, const std::string& name) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    base::throw_system_error("advisory.no-feed", "cannot read", name, errno);
  if (!S_ISREG(status.st_mode)) throw_unknown_feed(name, "it is not a regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

std::vector<std::filesystem::path> documents_in(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    std::error_code unreachable;
    if (entry.path().extension() != ".json" || entry.is_directory(unreachable)) continue;
    if (!entry.is_regular_file(unreachable))
      throw_damaged_feed(entry.path().string(), "it is not a file that can be read");
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw_damaged_feed(path.string(), "there is no file *.json in it");
  return files;
}

void append(const fs::UniqueFd& target, const fs::UniqueFd& file, const FeedFile& document) {
  for (std::uint64_t left = document.size; left > 0;) {
    const ssize_t count = ::sendfile(target.get(), file.get(), nullptr, left);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      base::throw_system_error("advisory.no-feed", "cannot read", document.name, errno);
    if (count == 0) throw_damaged_feed(document.name, "it became shorter while it was read");
    left -= static_cast<std::uint64_t>(count);
  }
}

OpenedFeed open_directory(const std::filesystem::path& path) {
  OpenedFeed feed{.source = {.name = path.string(), .form = FeedForm::directory, .files = {}},
                  .content = fs::UniqueFd(::memfd_create("feed", MFD_CLOEXEC))};
  if (!feed.content)
    base::throw_system_error("advisory.no-feed", "cannot gather", path.string(), errno);
  std::uint64_t offset = 0;
  for (const std::filesystem::path& file : documents_in(path)) {
    const fs::UniqueFd opened = fs::open_for_reading(file);
    FeedFile document{.name = file.string(),
                      .descriptor = feed.content.get(),
                      .offset = offset,
                      .size = size_of(opened, file.string())};
    offset += document.size;
    if (offset > k_largest_directory)
      throw_exhausting_feed(path.string(), "its documents are larger than 4 GiB together");
    append(feed.content, opened, document);
    feed.source.files.push_back(std::move(document));
  }
  return feed;
}

} // namespace

void read_piece(const FeedFile& file, std::uint64_t offset, std::span<char> piece) {
  fs::read_exactly(file.descriptor, std::as_writable_bytes(piece), file.offset + offset, file.name);
}

OpenedFeed open_feed(const std::filesystem::path& path) {
  std::error_code unreachable;
  const auto status = std::filesystem::status(path, unreachable);
  if (!std::filesystem::exists(status)) {
    throw base::Error(base::FailureKind::input, "advisory.no-feed",
                      fmt::format("there is no feed {}", base::quoted(path.string())),
                      "fetch the vendor's feed and give its file with --feed");
  }
  if (std::filesystem::is_directory(status)) return open_directory(path);
  if (!std::filesystem::is_regular_file(status))
    throw_unknown_feed(path.string(), "it is not a regular file");
  OpenedFeed feed{.source = {.name = path.string(), .form = FeedForm::file, .files = {}},
                  .content = fs::open_for_reading(path)};
  feed.source.files.push_back({.name = path.string(),
                               .descriptor = feed.content.get(),
                               .offset = 0,
                               .size = size_of(feed.content, path.string())});
  return feed;
}

void throw_unknown_feed(const std::string& name, const std::string& what) {
  throw base::Error(base::FailureKind::input, "advisory.unknown-feed",
                    fmt::format("{} is no feed of advisories: {}", base::quoted(name), what),
                    "give OVAL definitions, OSV or CSAF documents, or updateinfo.xml, "
                    "uncompressed");
}

} // namespace imagewright::advisory
