// SPDX-License-Identifier: MIT
#pragma once

// Who is waited for, told before patience ends: once for each server.

#include <chrono>
#include <set>
#include <string>

#include <imagewright/repo/fetch_options.hpp>

#include "downloader.hpp"

namespace imagewright::repo {

/// Who waits longer than this for a first byte wants to know for whom.
inline constexpr std::chrono::seconds k_silent_wait{5};

class WaitingNotes {
public:
  explicit WaitingNotes(WaitingObserver observer);

  /// An attempt failed, and there will be another one.
  void tell_of_failure(const std::string& server, const std::string& detail,
                       const FetchOptions& options);
  /// It neither answers nor refuses.
  void tell_of_silence(const std::string& server);

private:
  void tell(const std::string& server, const std::string& sentence);

  WaitingObserver observer_;
  std::set<std::string> told_;
};

} // namespace imagewright::repo
