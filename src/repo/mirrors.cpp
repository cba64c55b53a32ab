// SPDX-License-Identifier: MIT
#include "mirrors.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "index_job.hpp"

namespace imagewright::repo {

namespace {

/// Nobody asks more of them.
constexpr std::size_t k_most_mirrors = 1000;
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

base::Digest digest_of_file(const std::filesystem::path& file, base::DigestAlgorithm algorithm) {
  base::Hasher hasher(algorithm);
  hasher.update(fs::read_file(file, base::ByteSize::mib(16)));
  return hasher.finish();
}

} // namespace

MirrorList read_mirror_list(std::string_view content, const Source& source) {
  MirrorList mirrors;
  for (const std::string& line : base::split(content, '\n')) {
    const std::string url(base::trimmed(line));
    if (!url.empty() && !url.starts_with('#')) add_base(mirrors, url, source);
  }
  return mirrors;
}

MirrorList read_metalink(const std::filesystem::path& file, const Source& source,
                         const base::Cancellation& cancellation) {
  MetalinkIndex index = read_metalink_index(
      file,
      "the metalink " + base::quoted(base::without_secrets(source.metalink + source.mirror_list)),
      cancellation);
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

bool is_announced(const MirrorList& mirrors, const std::filesystem::path& file) {
  if (mirrors.has_only_weak_digests) return false;
  if (mirrors.repomd.empty()) return true;
  return std::any_of(mirrors.repomd.begin(), mirrors.repomd.end(), [&](const auto& digests) {
    return std::all_of(digests.begin(), digests.end(), [&](const base::Digest& digest) {
      return digest_of_file(file, digest.algorithm) == digest;
    });
  });
}

} // namespace imagewright::repo
