// SPDX-License-Identifier: MIT
#include "server.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/http/exchange.hpp>

namespace imagewright::depot {

namespace {

constexpr long k_done = 200;
/// Slower than this, building is faster.
constexpr std::uint32_t k_least_bytes_a_second = 16384;
/// How many times as long as it is waited for, one transfer may last.
constexpr int k_longest_transfer = 60;

/// Whoever answers for another host could be anybody, and would be told the login: nobody is
/// followed.
http::Request request_for(const DepotPlace& place, const std::string& path) {
  // A server may be just fast enough for ever.
  return {.url = place.url + path,
          .login = place.login,
          .patience = {.connecting = place.patience,
                       .silence = place.patience,
                       .least_bytes_a_second = k_least_bytes_a_second,
                       .whole = place.patience * k_longest_transfer}};
}

ServerAnswer failed(const http::Ending& ending) {
  if (ending.status != 0 && ending.fault == http::Fault::none)
    return {ServerOutcome::failed, fmt::format("the server answers with status {}", ending.status)};
  return {ServerOutcome::failed,
          fmt::format("the server does not answer as it should ({})", ending.reason)};
}

class Arrival : public http::Traffic {
public:
  Arrival(std::uint64_t largest, const ContentSink& sink, const base::Cancellation& cancellation)
      : largest_(largest), sink_(sink), cancellation_(cancellation) {}

  ServerAnswer finish(const http::Ending& ending) const {
    if (is_too_large_) return {ServerOutcome::damaged, "it is larger than it says"};
    if (cannot_take_) return {ServerOutcome::not_taken, {}};
    if (ending.status == 404 || ending.status == 410)
      return {ServerOutcome::missing, "it is not there"};
    if (ending.fault == http::Fault::cut_short)
      return {ServerOutcome::damaged, "it ends too early"};
    if (ending.fault == http::Fault::none && ending.status == k_done)
      return {ServerOutcome::done, {}};
    return failed(ending);
  }

private:
  bool take(std::span<const std::byte> content) override {
    is_too_large_ = content.size() > largest_ - arrived_;
    if (is_too_large_) return false;
    arrived_ += content.size();
    cannot_take_ = !sink_(content);
    return !cannot_take_;
  }
  bool goes_on() override { return !cancellation_.is_requested(); }

  std::uint64_t largest_;
  const ContentSink& sink_;
  const base::Cancellation& cancellation_;
  std::uint64_t arrived_ = 0;
  bool is_too_large_ = false;
  bool cannot_take_ = false;
};

class Departure : public http::Traffic {
public:
  Departure(int file, std::uint64_t size, const base::Cancellation& cancellation)
      : file_(file), size_(size), cancellation_(cancellation) {}

  ServerAnswer finish(const http::Ending& ending) const {
    if (cannot_read_) return {ServerOutcome::not_taken, "the file cannot be read"};
    const bool is_good = ending.status >= 200 && ending.status < 300;
    if (ending.fault == http::Fault::none && is_good) return {ServerOutcome::done, {}};
    return failed(ending);
  }

private:
  /// What the server says beside that it has it is of no interest.
  bool take(std::span<const std::byte> content) override {
    constexpr std::uint64_t k_longest_page = 65536;
    answered_ += content.size();
    return answered_ <= k_longest_page;
  }

  std::optional<std::size_t> give(std::uint64_t offset, std::span<std::byte> buffer) override {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), size_ - offset);
    if (wanted == 0) return 0;
    ssize_t got = -1;
    do {
      got = ::pread(file_, buffer.data(), static_cast<std::size_t>(wanted),
                    static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    // A file that became shorter meanwhile would be waited for.
    cannot_read_ = got <= 0;
    if (cannot_read_) return std::nullopt;
    return static_cast<std::size_t>(got);
  }
  bool goes_on() override { return !cancellation_.is_requested(); }

  int file_;
  std::uint64_t size_;
  const base::Cancellation& cancellation_;
  std::uint64_t answered_ = 0;
  bool cannot_read_ = false;
};

} // namespace

ServerAnswer Server::get(const std::string& path, std::uint64_t largest,
                         const ContentSink& sink) const {
  Arrival arrival(largest, sink, cancellation_);
  http::Exchange exchange(request_for(place_, path), arrival);
  const http::Ending ending = exchange.perform();
  cancellation_.check();
  return arrival.finish(ending);
}

ServerAnswer Server::put(const std::string& path, int file, std::uint64_t size) const {
  Departure departure(file, size, cancellation_);
  http::Request request = request_for(place_, path);
  request.method = http::Method::put;
  request.body_size = size;
  http::Exchange exchange(std::move(request), departure);
  const http::Ending ending = exchange.perform();
  cancellation_.check();
  return departure.finish(ending);
}

} // namespace imagewright::depot
