// SPDX-License-Identifier: MIT
#include "http.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>

#include <curl/curl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/certificate_file.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::depot {

namespace {

constexpr long k_done = 200;
/// Slower than this, building is faster.
constexpr long k_least_bytes_a_second = 16384;
/// How many times as long as it is waited for, one transfer may last.
constexpr long k_longest_transfer = 60;

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

template <typename Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw base::BugError(fmt::format("libcurl refuses the option {}", static_cast<int>(option)));
}

/// One request.
class Request {
public:
  Request(const DepotPlace& place, const std::string& path, const base::Cancellation& cancellation)
      : handle_(curl_easy_init()), cancellation_(cancellation) {
    if (!handle_) throw base::BugError("libcurl gives no handle");
    const auto patience = static_cast<long>(place.patience.count());
    set_option(handle(), CURLOPT_URL, (place.url + path).c_str());
    set_option(handle(), CURLOPT_PROTOCOLS_STR, "http,https");
    // Whoever answers for another host could be anybody, and would be told the login.
    set_option(handle(), CURLOPT_FOLLOWLOCATION, 0L);
    set_option(handle(), CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set_option(handle(), CURLOPT_NOSIGNAL, 1L);
    set_option(handle(), CURLOPT_USERAGENT, "imagewright");
    if (const auto file = base::certificate_file())
      set_option(handle(), CURLOPT_CAINFO, file->c_str());
    set_option(handle(), CURLOPT_CONNECTTIMEOUT, patience);
    set_option(handle(), CURLOPT_SERVER_RESPONSE_TIMEOUT, patience);
    set_option(handle(), CURLOPT_LOW_SPEED_LIMIT, k_least_bytes_a_second);
    set_option(handle(), CURLOPT_LOW_SPEED_TIME, patience);
    set_option(handle(), CURLOPT_NOPROGRESS, 0L);
    set_option(handle(), CURLOPT_XFERINFOFUNCTION, &Request::on_progress);
    set_option(handle(), CURLOPT_XFERINFODATA, static_cast<void*>(this));
    set_option(handle(), CURLOPT_WRITEFUNCTION, &Request::on_data);
    set_option(handle(), CURLOPT_WRITEDATA, static_cast<void*>(this));
    set_option(handle(), CURLOPT_HEADERFUNCTION, &Request::on_header);
    set_option(handle(), CURLOPT_HEADERDATA, static_cast<void*>(this));
    // A server may be just fast enough for ever.
    set_option(handle(), CURLOPT_TIMEOUT, patience * k_longest_transfer);
    if (!place.login) return;
    set_option(handle(), CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set_option(handle(), CURLOPT_USERPWD, place.login->c_str());
  }

  void take(std::uint64_t largest, const HttpSink& sink) {
    largest_ = largest;
    sink_ = &sink;
  }

  void send(int file, std::uint64_t size) {
    file_ = file;
    to_send_ = size;
    set_option(handle(), CURLOPT_UPLOAD, 1L);
    set_option(handle(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    set_option(handle(), CURLOPT_READFUNCTION, &Request::on_wanted);
    set_option(handle(), CURLOPT_READDATA, static_cast<void*>(this));
    set_option(handle(), CURLOPT_SEEKFUNCTION, &Request::on_seek);
    set_option(handle(), CURLOPT_SEEKDATA, static_cast<void*>(this));
  }

  HttpAnswer perform() {
    const CURLcode code = curl_easy_perform(handle());
    cancellation_.check();
    if (is_too_large_) return {HttpOutcome::damaged, "it is larger than it says"};
    // What happened in between was not thrown through C.
    if (failure_) std::rethrow_exception(failure_);
    if (cannot_take_) return {HttpOutcome::not_taken, {}};
    if (file_ >= 0 && sent_ != to_send_ && code == CURLE_ABORTED_BY_CALLBACK)
      return {HttpOutcome::not_taken, "the file cannot be read"};
    const long status = this->status();
    // Of what is sent, it says that the server has no such place.
    if (file_ < 0 && (status == 404 || status == 410))
      return {HttpOutcome::missing, "it is not there"};
    if (code == CURLE_PARTIAL_FILE) return {HttpOutcome::damaged, "it ends too early"};
    const bool is_good = file_ < 0 ? status == k_done : status >= 200 && status < 300;
    if (code == CURLE_OK && is_good) return {HttpOutcome::done, {}};
    if (status != 0 && !is_good)
      return {HttpOutcome::failed, fmt::format("the server answers with status {}", status)};
    return {HttpOutcome::failed,
            fmt::format("the server does not answer as it should ({})", curl_easy_strerror(code))};
  }

private:
  CURL* handle() const { return handle_.get(); }

  long status() const {
    long status = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    try {
      return request.accept(std::as_bytes(std::span(data, size * count)));
    } catch (...) {
      request.failure_ = std::current_exception();
      return CURL_WRITEFUNC_ERROR;
    }
  }

  static std::size_t on_header(char*, std::size_t size, std::size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    request.header_bytes_ += size * count;
    return request.header_bytes_ <= k_longest_page ? size * count : 0;
  }

  static std::size_t on_wanted(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    const auto wanted = std::min<std::uint64_t>(size * count, request.to_send_ - request.sent_);
    const ssize_t got = ::pread(request.file_, buffer, static_cast<std::size_t>(wanted),
                                static_cast<off_t>(request.sent_));
    // A file that became shorter meanwhile would be waited for.
    if (got < 0 || (got == 0 && wanted != 0)) return CURL_READFUNC_ABORT;
    request.sent_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

  static int on_seek(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Request*>(self)->sent_ = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Request*>(self)->cancellation_.is_requested() ? 1 : 0;
  }

  std::size_t accept(std::span<const std::byte> data) {
    // Pages about errors are of no interest, but must not be endless.
    const bool is_wanted = sink_ != nullptr && status() == k_done;
    const std::uint64_t limit = is_wanted ? largest_ : k_longest_page;
    if (data.size() > limit - arrived_) {
      is_too_large_ = is_wanted;
      return CURL_WRITEFUNC_ERROR;
    }
    arrived_ += data.size();
    if (!is_wanted) return data.size();
    if ((*sink_)(data)) return data.size();
    cannot_take_ = true;
    return CURL_WRITEFUNC_ERROR;
  }

  static constexpr std::uint64_t k_longest_page = 65536;

  std::unique_ptr<CURL, EasyDeleter> handle_;
  const base::Cancellation& cancellation_;
  const HttpSink* sink_ = nullptr;
  std::uint64_t largest_ = 0;
  std::uint64_t arrived_ = 0;
  bool is_too_large_ = false;
  bool cannot_take_ = false;
  std::exception_ptr failure_;
  std::uint64_t header_bytes_ = 0;
  int file_ = -1;
  std::uint64_t to_send_ = 0;
  std::uint64_t sent_ = 0;
};

} // namespace

HttpAnswer Http::get(const std::string& path, std::uint64_t largest, const HttpSink& sink) const {
  Request request(place_, path, cancellation_);
  request.take(largest, sink);
  return request.perform();
}

HttpAnswer Http::put(const std::string& path, int file, std::uint64_t size) const {
  Request request(place_, path, cancellation_);
  request.send(file, size);
  return request.perform();
}

} // namespace imagewright::depot
