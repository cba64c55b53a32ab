// SPDX-License-Identifier: MIT
#include "transfer.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/certificate_file.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

#include "refusal.hpp"

namespace imagewright::repo {

namespace {

constexpr long k_most_redirections = 10;
constexpr long k_least_bytes_a_second = 1;

template <typename Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK) {
    throw base::BugError(fmt::format("libcurl refuses the option {}", static_cast<int>(option)));
  }
}

fs::UniqueFd open_for_more(const std::filesystem::path& path) {
  fs::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
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

} // namespace

Transfer::Transfer(TransferRequest request, const FetchOptions& options)
    : request_(std::move(request)), options_(options), handle_(curl_easy_init()),
      file_(open_for_more(request_.file)), began_at_(size_of(file_.get())), written_(began_at_),
      window_began_(std::chrono::steady_clock::now()), window_written_(began_at_) {
  if (!handle_) throw base::BugError("libcurl gives no handle");
  configure(options);
}

void Transfer::configure(const FetchOptions& options) {
  CURL* handle = handle_.get();
  set_option(handle, CURLOPT_URL, request_.url.c_str());
  set_option(handle, CURLOPT_PROTOCOLS_STR, request_.protocols.c_str());
  set_option(handle, CURLOPT_REDIR_PROTOCOLS_STR, request_.protocols.c_str());
  set_option(handle, CURLOPT_FOLLOWLOCATION, 1L);
  set_option(handle, CURLOPT_MAXREDIRS, k_most_redirections);
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  set_option(handle, CURLOPT_FAILONERROR, 1L);
  set_option(handle, CURLOPT_USERAGENT, "imagewright");
  if (const auto file = base::certificate_file()) set_option(handle, CURLOPT_CAINFO, file->c_str());
  headers_ = header_list(request_.headers);
  set_option(handle, CURLOPT_HTTPHEADER, headers_.get());
  set_option(handle, CURLOPT_ERRORBUFFER, static_cast<char*>(error_text_));
  set_option(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  set_option(handle, CURLOPT_LOW_SPEED_LIMIT, k_least_bytes_a_second);
  set_option(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  set_option(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_data);
  set_option(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_option(handle, CURLOPT_NOPROGRESS, 0L);
  set_option(handle, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  set_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(this));
  set_option(handle, CURLOPT_PRIVATE, static_cast<void*>(this));
  if (began_at_ > 0) {
    set_option(handle, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(began_at_));
  }
}

std::size_t Transfer::on_data(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->write(data, size * count);
}

int Transfer::on_progress(void* self, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t,
                          curl_off_t) {
  return static_cast<Transfer*>(self)->is_too_slow() ? 1 : 0;
}

std::size_t Transfer::write(const char* data, std::size_t size) noexcept {
  if (size > request_.largest - written_) {
    stop_ = Stop::too_large;
    return CURL_WRITEFUNC_ERROR;
  }
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::write(file_.get(), data + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      stop_ = Stop::cannot_write;
      error_number_ = errno;
      return CURL_WRITEFUNC_ERROR;
    }
    done += static_cast<std::size_t>(got);
    written_ += static_cast<std::uint64_t>(got);
  }
  return size;
}

/// A server that sends a byte now and then would hold a build for ever.
bool Transfer::is_too_slow() noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (now - window_began_ < options_.rate_window) return false;
  const std::uint64_t moved = written_ - window_written_;
  window_began_ = now;
  window_written_ = written_;
  const auto seconds = static_cast<std::uint64_t>(options_.rate_window.count());
  if (moved >= options_.least_rate.bytes() * seconds) return false;
  stop_ = Stop::too_slow;
  return true;
}

bool Transfer::has_begun() const {
  curl_off_t first_byte = 0;
  return written_ > began_at_ || (curl_easy_getinfo(handle_.get(), CURLINFO_STARTTRANSFER_TIME_T,
                                                    &first_byte) == CURLE_OK &&
                                  first_byte > 0);
}

DownloadFailure Transfer::failure_of(CURLcode code, long status) const {
  const std::string shown = base::without_secrets(request_.url);
  long proxy_status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  const auto failure = [&](DownloadProblem problem, const std::string& what) {
    const Refusal refusal =
        stop_ == Stop::none ? refusal_of(code, status, proxy_status) : Refusal{};
    return DownloadFailure{problem, fmt::format("{} {}", shown, what), refusal.hint,
                           refusal.is_lasting};
  };
  if (stop_ == Stop::too_large) {
    return failure(DownloadProblem::wrong_size,
                   fmt::format("sends more than {} bytes", request_.largest));
  }
  if (stop_ == Stop::too_slow) {
    return failure(DownloadProblem::unreachable, fmt::format("moves less than {} a second",
                                                             base::to_string(options_.least_rate)));
  }
  if (is_missing(status)) {
    return failure(DownloadProblem::missing, fmt::format("answers with status {}", status));
  }
  if (status >= 400) {
    return failure(DownloadProblem::unreachable, fmt::format("answers with status {}", status));
  }
  const std::string why = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  const auto problem =
      code == CURLE_PARTIAL_FILE ? DownloadProblem::broken_off : DownloadProblem::unreachable;
  return failure(problem, fmt::format("({})", base::escape_controls(base::without_secrets(why))));
}

TransferOutcome Transfer::finish(CURLcode code) {
  if (stop_ == Stop::cannot_write) {
    const bool is_full = error_number_ == ENOSPC || error_number_ == EDQUOT;
    base::throw_system_error(is_full ? "fs.disk-full" : "fs.cannot-write", "cannot write",
                             request_.file.string(), error_number_);
  }
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &retry_after);
  TransferOutcome outcome{.has_moved = written_ > began_at_};
  if (code == CURLE_OK) return outcome;
  if (retry_after > 0) outcome.retry_after = std::chrono::seconds(retry_after);
  // RFC 9110, section 15.5.17: 416 when there is nothing behind the beginning.
  outcome.is_beginning_useless = began_at_ > 0 && (code == CURLE_RANGE_ERROR || status == 416);
  outcome.failure = failure_of(code, status);
  if (stop_ == Stop::too_slow) outcome.has_moved = false;
  return outcome;
}

} // namespace imagewright::repo
