// SPDX-License-Identifier: MIT
#pragma once

// One run of librepo's downloader over many files.

#include <cstddef>
#include <functional>
#include <vector>

#include <imagewright/base/cancellation.hpp>

#include "downloader.hpp"
#include "librepo_types.hpp"

namespace imagewright::repo {

/// One file of a batch. The handle belongs to the file's source.
struct BatchItem {
  const Download* download = nullptr;
  LrHandle* handle = nullptr;
  std::size_t index = 0; ///< for the observer
};

/// One result for each item. `observer` gets the bytes of this batch alone.
std::vector<DownloadResult> run_batch(const std::vector<BatchItem>& items,
                                      const DownloadObserver& observer,
                                      const base::Cancellation& cancellation);

/// What a message of librepo means.
DownloadProblem classify(const std::string& message);

/// The message that tells most of those about one file, one for each mirror that was tried.
DownloadFailure summarize(const std::vector<std::string>& messages);

} // namespace imagewright::repo
