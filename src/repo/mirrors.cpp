// SPDX-License-Identifier: MIT
#include "mirrors.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "index_job.hpp"

namespace imagewright::repo {

namespace {

/// Of which every one may be asked several times before a download counts as failed.
constexpr std::size_t k_most_mirrors = 128;
constexpr std::string_view k_repomd_path = "/repodata/repomd.xml";

void add_base(MirrorList& mirrors, std::string url, const Source& source) {
  // A list names no files of this host, and one that came over https leads nowhere else.
  const bool is_local_list = base::scheme_of(source.mirror_list + source.metalink) == "file";
  const std::string own = is_local_list ? "http" : source.mirror_list + source.metalink;
  if (base::find_base_fault(url, own)) return;
  while (url.ends_with('/'))
    url.pop_back();
  if (mirrors.bases.size() >= k_most_mirrors) return;
  if (std::find(mirrors.bases.begin(), mirrors.bases.end(), url) == mirrors.bases.end()) {
    mirrors.bases.push_back(std::move(url));
  }
}

void add_digests(MirrorList& mirrors, const AnnouncedChecksums& checksums) {
  AnnouncedDigests digests;
  for (const auto& [type, value] : checksums) {
    std::string algorithm = base::to_lower(type);
    std::erase(algorithm, '-');
    const auto digest = base::Digest::parse(fmt::format("{}:{}", algorithm, value));
    if (digest) digests.push_back(*digest);
  }
  if (!digests.empty()) mirrors.repomd.push_back(std::move(digests));
  if (!checksums.empty()) mirrors.has_only_weak_digests = mirrors.repomd.empty();
}

MirrorList read_metalink(const std::filesystem::path& file, const Source& source,
                         const std::string& subject, const base::Cancellation& cancellation) {
  MetalinkIndex index = read_metalink_index(file, subject, cancellation);
  std::stable_sort(index.urls.begin(), index.urls.end(), [](const auto& left, const auto& right) {
    return left.preference > right.preference;
  });
  MirrorList mirrors;
  for (MetalinkUrl& entry : index.urls) {
    if (!entry.url.ends_with(k_repomd_path)) continue;
    entry.url.resize(entry.url.size() - k_repomd_path.size());
    add_base(mirrors, std::move(entry.url), source);
  }
  for (const AnnouncedChecksums& checksums : index.versions)
    add_digests(mirrors, checksums);
  return mirrors;
}

/// By what it begins with; white space and a mark of UTF-8 may stand before.
bool is_metalink(const std::filesystem::path& file) {
  constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";
  std::array<char, 64> head{};
  const fs::UniqueFd fd = fs::open_for_reading(file);
  const ssize_t count = ::pread(fd.get(), head.data(), head.size(), 0);
  std::string_view content(head.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
  if (content.starts_with(k_byte_order_mark)) content.remove_prefix(k_byte_order_mark.size());
  return base::trimmed(content).starts_with('<');
}

/// The digests of a file, each made once: a metalink announces as many as it likes.
class FileDigests {
public:
  explicit FileDigests(const std::filesystem::path& file)
      : content_(fs::read_file(file, base::ByteSize::mib(16))) {}

  bool has(const base::Digest& digest) {
    auto known = known_.find(digest.algorithm);
    if (known == known_.end()) {
      base::Hasher hasher(digest.algorithm);
      hasher.update(content_);
      known = known_.emplace(digest.algorithm, hasher.finish()).first;
    }
    return known->second == digest;
  }

private:
  std::string content_;
  std::map<base::DigestAlgorithm, base::Digest> known_;
};

} // namespace

MirrorList read_mirrors(const std::filesystem::path& file, const Source& source,
                        const base::Cancellation& cancellation) {
  const std::string address =
      base::quoted(base::without_secrets(source.metalink + source.mirror_list));
  if (is_metalink(file))
    return read_metalink(file, source, "the metalink " + address, cancellation);
  MirrorList mirrors;
  for (std::string& url : read_address_list(file, "the list of mirrors " + address, cancellation))
    add_base(mirrors, std::move(url), source);
  return mirrors;
}

bool is_announced(const MirrorList& mirrors, const std::filesystem::path& file) {
  if (mirrors.has_only_weak_digests) return false;
  if (mirrors.repomd.empty()) return true;
  FileDigests is(file);
  return std::ranges::any_of(mirrors.repomd, [&](const AnnouncedDigests& digests) {
    return std::ranges::all_of(digests, [&](const auto& digest) { return is.has(digest); });
  });
}

} // namespace imagewright::repo
