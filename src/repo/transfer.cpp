// SPDX-License-Identifier: MIT
#include "transfer.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::repo {

namespace {

constexpr std::uint32_t k_most_redirections = 10;

fs::UniqueFd open_for_more(const std::filesystem::path& path) {
  fs::UniqueFd file(::open(
      path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
  if (!file) base::throw_system_error("fs.cannot-write", "cannot write", path.string(), errno);
  return file;
}

std::uint64_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool is_missing(long status) {
  return status == 404 || status == 410;
}

/// What to ask for, behind what is there already.
http::Request asked(const TransferRequest& request, const FetchOptions& options,
                    std::uint64_t begin_at) {
  return {.url = request.url,
          .headers = request.headers,
          .most_redirections = k_most_redirections,
          .begin_at = begin_at,
          .patience = {.connecting = options.connect_timeout, .silence = options.stall_timeout}};
}

} // namespace

Transfer::Transfer(TransferRequest request, const FetchOptions& options)
    : request_(std::move(request)), options_(options), file_(open_for_more(request_.file)),
      began_at_(size_of(file_.get())), written_(began_at_),
      window_began_(std::chrono::steady_clock::now()), window_written_(began_at_),
      exchange_(asked(request_, options_, began_at_), *this) {}

bool Transfer::take(std::span<const std::byte> content) {
  if (content.size() > request_.largest - written_) {
    stop_ = Stop::too_large;
    return false;
  }
  for (std::size_t done = 0; done < content.size();) {
    const ssize_t got = ::write(file_.get(), content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      stop_ = Stop::cannot_write;
      error_number_ = errno;
      return false;
    }
    done += static_cast<std::size_t>(got);
    written_ += static_cast<std::uint64_t>(got);
  }
  return true;
}

/// A server that sends a byte now and then would hold a build for ever.
bool Transfer::goes_on() {
  const auto now = std::chrono::steady_clock::now();
  if (now - window_began_ < options_.rate_window) return true;
  const std::uint64_t moved = written_ - window_written_;
  window_began_ = now;
  window_written_ = written_;
  const auto seconds = static_cast<std::uint64_t>(options_.rate_window.count());
  if (moved >= options_.least_rate.bytes() * seconds) return true;
  stop_ = Stop::too_slow;
  return false;
}

bool Transfer::has_begun() const {
  return written_ > began_at_ || exchange_.has_begun();
}

DownloadFailure Transfer::failure_of(const http::Ending& ending) const {
  const std::string shown = base::without_secrets(request_.url);
  const auto failure = [&](DownloadProblem problem, const std::string& what) {
    return DownloadFailure{problem, fmt::format("{} {}", shown, what), ending.hint,
                           ending.is_lasting};
  };
  if (stop_ == Stop::too_large) {
    return failure(DownloadProblem::wrong_size,
                   fmt::format("sends more than {} bytes", request_.largest));
  }
  if (stop_ == Stop::too_slow) {
    return failure(DownloadProblem::unreachable, fmt::format("moves less than {} a second",
                                                             base::to_string(options_.least_rate)));
  }
  if (is_missing(ending.status)) {
    return failure(DownloadProblem::missing, fmt::format("answers with status {}", ending.status));
  }
  if (ending.status >= 400) {
    return failure(DownloadProblem::unreachable,
                   fmt::format("answers with status {}", ending.status));
  }
  const auto problem = ending.fault == http::Fault::cut_short ? DownloadProblem::broken_off
                                                              : DownloadProblem::unreachable;
  return failure(problem, fmt::format("({})", ending.detail));
}

TransferOutcome Transfer::finish(const http::Ending& ending) {
  if (stop_ == Stop::cannot_write) {
    const bool is_full = error_number_ == ENOSPC || error_number_ == EDQUOT;
    base::throw_system_error(is_full ? "fs.disk-full" : "fs.cannot-write", "cannot write",
                             request_.file.string(), error_number_);
  }
  TransferOutcome outcome{.has_moved = written_ > began_at_};
  if (ending.fault == http::Fault::none && ending.status < 400) return outcome;
  outcome.retry_after = ending.retry_after;
  // RFC 9110, section 15.5.17: 416 when there is nothing behind the beginning.
  outcome.is_beginning_useless =
      began_at_ > 0 && (ending.fault == http::Fault::no_such_part || ending.status == 416);
  outcome.failure = failure_of(ending);
  if (stop_ == Stop::too_slow) outcome.has_moved = false;
  return outcome;
}

} // namespace imagewright::repo
