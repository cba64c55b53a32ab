// SPDX-License-Identifier: MIT
#include "waiting_notes.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/url.hpp>

namespace imagewright::repo {

namespace {

/// How long a file is tried when nobody ever answers, without the time of the attempts.
std::chrono::seconds patience_of(const FetchOptions& options) {
  std::chrono::milliseconds sum{0};
  for (std::uint32_t round = 1; round < options.attempts; ++round)
    sum += std::min<std::chrono::milliseconds>(options.pause * (1U << std::min(round - 1, 10U)),
                                               options.longest_pause);
  return std::chrono::ceil<std::chrono::seconds>(sum);
}

} // namespace

WaitingNotes::WaitingNotes(WaitingObserver observer) : observer_(std::move(observer)) {}

void WaitingNotes::tell_of_failure(const std::string& server, const std::string& detail,
                                   const FetchOptions& options) {
  tell(server, fmt::format("{}: trying again for {} s", detail, patience_of(options).count()));
}

void WaitingNotes::tell_of_silence(const std::string& server) {
  tell(server, fmt::format("no answer yet from {}: waiting", base::without_secrets(server)));
}

void WaitingNotes::tell(const std::string& server, const std::string& sentence) {
  if (observer_ && told_.insert(server).second) observer_(sentence);
}

} // namespace imagewright::repo
