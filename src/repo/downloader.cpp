// SPDX-License-Identifier: MIT
#include "downloader.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

#include "download_batch.hpp"
#include "librepo_types.hpp"

namespace imagewright::repo {

namespace {

template <typename Value>
void set_option(LrHandle* handle, LrHandleOption option, Value value) {
  ErrorReceiver error;
  if (lr_handle_setopt(handle, error.receive(), option, value) == FALSE) {
    throw base::BugError("librepo refuses an option: " + error.text());
  }
}

void set_source(LrHandle* handle, const Source& source) {
  if (!source.metalink.empty()) {
    set_option(handle, LRO_METALINKURL, source.metalink.c_str());
  } else if (!source.mirror_list.empty()) {
    set_option(handle, LRO_MIRRORLISTURL, source.mirror_list.c_str());
  } else {
    std::string url = source.url;
    char* urls[] = {url.data(), nullptr};
    set_option(handle, LRO_URLS, static_cast<char**>(urls));
  }
}

HandlePointer make_handle(const Source& source, const FetchOptions& options) {
  HandlePointer handle(lr_handle_init());
  set_source(handle.get(), source);
  set_option(handle.get(), LRO_REPOTYPE, static_cast<long>(LR_YUMREPO));
  set_option(handle.get(), LRO_USERAGENT, "imagewright");
  set_option(handle.get(), LRO_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  set_option(handle.get(), LRO_LOWSPEEDTIME, static_cast<long>(options.stall_timeout.count()));
  const long parallel =
      std::clamp(static_cast<long>(options.parallel_downloads), 1L, LRO_MAXPARALLELDOWNLOADS_MAX);
  set_option(handle.get(), LRO_MAXPARALLELDOWNLOADS, parallel);
  set_option(handle.get(), LRO_MAXDOWNLOADSPERMIRROR, parallel);
  // The transport's own retries begin anew each time; ours go on where it broke off.
  set_option(handle.get(), LRO_ALLOWEDMIRRORFAILURES, 1L);
  return handle;
}

/// A local file is copied, not linked: what is verified must not change afterwards.
DownloadResult copy_local(const Download& download) {
  const std::filesystem::path source = download.source.directory / download.path;
  std::error_code error;
  const auto options = std::filesystem::copy_options::overwrite_existing;
  if (!std::filesystem::copy_file(source, download.target, options, error)) {
    const bool is_missing = error == std::errc::no_such_file_or_directory;
    return DownloadFailure{
        is_missing ? DownloadProblem::missing : DownloadProblem::unreachable,
        fmt::format("cannot read {}: {}", base::quoted(source.string()), error.message())};
  }
  return std::nullopt;
}

void take_up_beginning(const Download& download) {
  std::error_code error;
  std::filesystem::rename(beginning_of(download), download.target, error);
  if (error) return; // mostly there is none
  // librepo goes on only from files that it marked itself; on a filesystem without such marks it
  // begins again.
  static_cast<void>(
      ::setxattr(download.target.c_str(), "user.Librepo.DownloadInProgress", "1", 1, 0));
}

/// Neither the copy of a local file nor librepo tells a full disk from an unreachable server.
void throw_when_full(const Download& download, const DownloadResult& result) {
  constexpr std::uint64_t k_least_room = 64U * 1024U;
  if (!result || result->problem == DownloadProblem::missing) return;
  struct statvfs room {};
  const std::filesystem::path directory = download.target.parent_path();
  if (::statvfs(directory.c_str(), &room) != 0) return;
  if (std::uint64_t{room.f_bavail} * room.f_frsize >= k_least_room) return;
  base::throw_system_error("fs.disk-full", "cannot write", download.target.string(), ENOSPC);
}

bool is_worth_another_attempt(const DownloadResult& result) {
  return result && result->problem != DownloadProblem::missing;
}

} // namespace

std::filesystem::path beginning_of(const Download& download) {
  return download.target.string() + ".part";
}

struct Downloader::Handles {
  std::map<Source, HandlePointer> by_source;
};

Downloader::Downloader(FetchOptions options, const base::Cancellation& cancellation)
    : options_(options), cancellation_(cancellation), handles_(std::make_unique<Handles>()) {}

Downloader::~Downloader() = default;

void Downloader::pause_before_attempt(std::uint32_t attempt) const {
  constexpr std::chrono::milliseconds slice{20};
  auto left = options_.pause * (1U << std::min(attempt - 1, 6U));
  while (left.count() > 0) {
    cancellation_.check();
    std::this_thread::sleep_for(std::min(left, slice));
    left -= slice;
  }
}

std::vector<DownloadResult> Downloader::fetch(const std::vector<Download>& downloads,
                                              const DownloadObserver& observer) {
  std::vector<DownloadResult> results(downloads.size());
  std::vector<BatchItem> pending;
  for (std::size_t index = 0; index < downloads.size(); ++index) {
    const Download& download = downloads[index];
    cancellation_.check();
    if (download.source.is_local()) {
      results[index] = copy_local(download);
      continue;
    }
    HandlePointer& handle = handles_->by_source[download.source];
    if (!handle) handle = make_handle(download.source, options_);
    pending.push_back({&download, handle.get(), index});
  }
  for (std::uint32_t attempt = 0; attempt < std::max(options_.attempts, 1U) && !pending.empty();
       ++attempt) {
    if (attempt > 0) pause_before_attempt(attempt);
    for (const BatchItem& item : pending)
      take_up_beginning(*item.download);
    const auto batch = run_batch(pending, observer, cancellation_);
    for (std::size_t item = 0; item < batch.size(); ++item) {
      results[pending[item].index] = batch[item];
    }
    std::erase_if(pending, [&](const BatchItem& item) {
      return !is_worth_another_attempt(results[item.index]);
    });
  }
  for (std::size_t index = 0; index < downloads.size(); ++index)
    throw_when_full(downloads[index], results[index]);
  return results;
}

std::vector<base::Digest> Downloader::metalink_digests(const Source& source) const {
  const auto found = handles_->by_source.find(source);
  if (source.metalink.empty() || found == handles_->by_source.end()) return {};
  LrMetalink* metalink = nullptr;
  ErrorReceiver error;
  if (lr_handle_getinfo(found->second.get(), error.receive(), LRI_METALINK, &metalink) == FALSE ||
      metalink == nullptr) {
    return {};
  }
  std::vector<base::Digest> digests;
  const auto add_all = [&](const GSList* hashes) {
    for (const GSList* node = hashes; node != nullptr; node = node->next) {
      const auto* hash = static_cast<const LrMetalinkHash*>(node->data);
      if (hash->type == nullptr || hash->value == nullptr) continue;
      const auto digest = base::Digest::parse(fmt::format("{}:{}", hash->type, hash->value));
      if (digest) digests.push_back(*digest);
    }
  };
  add_all(metalink->hashes);
  for (const GSList* node = metalink->alternates; node != nullptr; node = node->next) {
    add_all(static_cast<const LrMetalinkAlternate*>(node->data)->hashes);
  }
  return digests;
}

} // namespace imagewright::repo
