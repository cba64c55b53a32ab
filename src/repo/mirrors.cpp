// SPDX-License-Identifier: MIT
#include "mirrors.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <tuple>

#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "librepo_types.hpp"

namespace imagewright::repo {

namespace {

constexpr const char* k_repomd_name = "repomd.xml";
constexpr std::string_view k_repomd_path = "/repodata/repomd.xml";

struct MetalinkDeleter {
  void operator()(LrMetalink* metalink) const { lr_metalink_free(metalink); }
};
using MetalinkPointer = std::unique_ptr<LrMetalink, MetalinkDeleter>;

void add_base(MirrorList& mirrors, std::string url, const Source& source) {
  // A list names no files of this host, and one that came over https leads nowhere else.
  const bool is_local_list = base::scheme_of(source.mirror_list + source.metalink) == "file";
  const std::string own = is_local_list ? "http" : source.mirror_list + source.metalink;
  if (base::find_base_fault(url, own)) return;
  while (url.ends_with('/'))
    url.pop_back();
  if (std::find(mirrors.bases.begin(), mirrors.bases.end(), url) == mirrors.bases.end()) {
    mirrors.bases.push_back(std::move(url));
  }
}

void add_digests(MirrorList& mirrors, const GSList* hashes) {
  AnnouncedDigests digests;
  for (const GSList* node = hashes; node != nullptr; node = node->next) {
    const auto* hash = static_cast<const LrMetalinkHash*>(node->data);
    if (hash->type == nullptr || hash->value == nullptr) continue;
    std::string type = base::to_lower(hash->type);
    std::erase(type, '-');
    const auto digest = base::Digest::parse(fmt::format("{}:{}", type, hash->value));
    if (digest) digests.push_back(*digest);
  }
  if (!digests.empty()) mirrors.repomd.push_back(std::move(digests));
  if (hashes != nullptr) mirrors.has_only_weak_digests = mirrors.repomd.empty();
}

MetalinkPointer parse(std::string_view content) {
  const fs::UniqueFd file(::memfd_create("metalink", MFD_CLOEXEC));
  if (!file) return nullptr;
  fs::write_exactly(file.get(), std::as_bytes(std::span(content)), 0, "metalink");
  ::lseek(file.get(), 0, SEEK_SET);
  MetalinkPointer metalink(lr_metalink_init());
  ErrorReceiver error;
  const bool is_read = lr_metalink_parse_file(metalink.get(), file.get(), k_repomd_name, nullptr,
                                              nullptr, error.receive()) != FALSE;
  return is_read ? std::move(metalink) : nullptr;
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

MirrorList read_metalink(std::string_view content, const Source& source) {
  const MetalinkPointer metalink = parse(content);
  MirrorList mirrors;
  if (!metalink) return mirrors;
  std::vector<std::tuple<int, std::string>> urls;
  for (const GSList* node = metalink->urls; node != nullptr; node = node->next) {
    const auto* entry = static_cast<const LrMetalinkUrl*>(node->data);
    if (entry->url == nullptr) continue;
    std::string url = entry->url;
    if (!url.ends_with(k_repomd_path)) continue;
    url.resize(url.size() - k_repomd_path.size());
    urls.emplace_back(-entry->preference, std::move(url));
  }
  std::stable_sort(urls.begin(), urls.end(), [](const auto& left, const auto& right) {
    return std::get<0>(left) < std::get<0>(right);
  });
  for (const auto& [preference, url] : urls)
    add_base(mirrors, url, source);
  add_digests(mirrors, metalink->hashes);
  for (const GSList* node = metalink->alternates; node != nullptr; node = node->next) {
    add_digests(mirrors, static_cast<const LrMetalinkAlternate*>(node->data)->hashes);
  }
  return mirrors;
}

bool is_metalink(std::string_view content) {
  constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";
  if (content.starts_with(k_byte_order_mark)) content.remove_prefix(k_byte_order_mark.size());
  return base::trimmed(content).starts_with('<');
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
