// SPDX-License-Identifier: MIT
#include "download_batch.hpp"

#include <deque>
#include <filesystem>
#include <string_view>

#include <imagewright/base/error.hpp>

namespace imagewright::repo {

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What all callbacks of a batch share. C code calls them, so nothing may be thrown through.
struct Progress {
  const DownloadObserver& observer;
  const base::Cancellation& cancellation;
  std::uint64_t arrived = 0;
};

struct ItemProgress {
  Progress& batch;
  const Download& download;
  std::size_t index = 0;
  std::uint64_t arrived = 0;
  std::vector<std::string> mirror_failures;
};

/// librepo removes what it could not finish. A copy is what the next attempt goes on from.
void keep_beginning(const Download& download) noexcept {
  if (!download.digest) return;
  std::error_code error;
  // No copy only means to begin again, ignoring it.
  std::filesystem::copy_file(download.target, beginning_of(download),
                             std::filesystem::copy_options::overwrite_existing, error);
}

int on_progress(void* data, double /*total*/, double now) {
  auto& item = *static_cast<ItemProgress*>(data);
  if (item.batch.cancellation.is_requested()) {
    if (now > 0) keep_beginning(item.download);
    return LR_CB_ERROR;
  }
  const auto arrived = now > 0 ? static_cast<std::uint64_t>(now) : 0;
  // A transfer that starts again from another mirror counts from the beginning.
  item.batch.arrived += arrived - item.arrived;
  item.arrived = arrived;
  if (item.batch.observer) item.batch.observer(base::ByteSize(item.batch.arrived), item.index);
  return LR_CB_OK;
}

/// What the transport says in the end is only that no mirror is left; why is said here.
int on_mirror_failure(void* data, const char* message, const char* /*url*/) {
  auto& item = *static_cast<ItemProgress*>(data);
  if (message != nullptr) {
    item.mirror_failures.emplace_back(message);
    // Only what broke off on its way; an error page or wrong content is nothing to go on from.
    if (contains(message, "Curl error (")) keep_beginning(item.download);
  }
  return item.batch.cancellation.is_requested() ? LR_CB_ERROR : LR_CB_OK;
}

LrChecksumType checksum_type_of(base::DigestAlgorithm algorithm) {
  switch (algorithm) {
  case base::DigestAlgorithm::sha256:
    return LR_CHECKSUM_SHA256;
  case base::DigestAlgorithm::sha384:
    return LR_CHECKSUM_SHA384;
  case base::DigestAlgorithm::sha512:
    return LR_CHECKSUM_SHA512;
  }
  throw base::BugError("unknown digest algorithm");
}

TargetPointer make_target(const BatchItem& item, ItemProgress& progress) {
  const Download& download = *item.download;
  const bool has_digest = download.digest.has_value();
  // librepo compares the size with what a server sends, which is only the rest when it goes on from
  // a beginning.
  const bool is_anew = !std::filesystem::exists(download.target);
  ErrorReceiver error;
  TargetPointer target(lr_packagetarget_new_v3(
      item.handle, download.path.c_str(), download.target.c_str(),
      has_digest ? checksum_type_of(download.digest->algorithm) : LR_CHECKSUM_UNKNOWN,
      has_digest ? download.digest->hex.c_str() : nullptr,
      download.size && is_anew ? static_cast<gint64>(download.size->bytes()) : 0, nullptr,
      has_digest ? 1 : 0, on_progress, &progress, nullptr, on_mirror_failure, 0, 0,
      error.receive()));
  if (!target) throw base::BugError("librepo refuses a download: " + error.text());
  return target;
}

} // namespace

DownloadProblem classify(const std::string& message) {
  if (contains(message, "Status code: 404") || contains(message, "Status code: 410")) {
    return DownloadProblem::missing;
  }
  if (contains(message, "checksum doesn't match")) return DownloadProblem::wrong_content;
  if (contains(message, "expected size") || contains(message, "Inconsistent server data")) {
    return DownloadProblem::wrong_size;
  }
  if (contains(message, "Curl error (18)")) return DownloadProblem::broken_off;
  return DownloadProblem::unreachable;
}

DownloadFailure summarize(const std::vector<std::string>& messages) {
  DownloadFailure worst{DownloadProblem::missing, "no mirror is known"};
  for (const std::string& message : messages) {
    const DownloadProblem problem = classify(message);
    // In the order of the enumerators: a mirror that answers wrongly tells more than one that is
    // missing something.
    if (problem >= worst.problem) worst = {problem, message};
  }
  return worst;
}

std::vector<DownloadResult> run_batch(const std::vector<BatchItem>& items,
                                      const DownloadObserver& observer,
                                      const base::Cancellation& cancellation) {
  Progress progress{observer, cancellation};
  std::deque<ItemProgress> item_progress;
  std::vector<TargetPointer> targets;
  GSList* raw_list = nullptr;
  for (const BatchItem& item : items) {
    item_progress.push_back({progress, *item.download, item.index});
    targets.push_back(make_target(item, item_progress.back()));
    raw_list = g_slist_prepend(raw_list, targets.back().get());
  }
  const ListPointer list(g_slist_reverse(raw_list));
  ErrorReceiver error;
  const bool ran = lr_download_packages(list.get(), static_cast<LrPackageDownloadFlag>(0),
                                        error.receive()) != FALSE;
  cancellation.check();
  std::vector<DownloadResult> results;
  for (std::size_t index = 0; index < targets.size(); ++index) {
    std::vector<std::string> messages = item_progress[index].mirror_failures;
    const char* own = targets[index]->err;
    const bool has_failed = own != nullptr && std::string_view(own) != "Already downloaded";
    if (!has_failed && ran) {
      results.emplace_back(std::nullopt);
      continue;
    }
    if (messages.empty()) messages.push_back(has_failed ? own : error.text());
    results.emplace_back(summarize(messages));
  }
  return results;
}

} // namespace imagewright::repo
