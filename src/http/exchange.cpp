// SPDX-License-Identifier: MIT
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/certificate_file.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/http/exchange.hpp>

#include "advice.hpp"
#include "state.hpp"

namespace imagewright::http {

namespace {

/// Of heads, and of pages about errors, which nobody reads.
constexpr std::uint64_t k_longest_page = 65536;

bool is_content(long status) {
  return status >= 200 && status < 300;
}

template <typename Value, typename Work>
Value guarded(std::exception_ptr& failure, Value otherwise, const Work& work) {
  // Nothing is thrown through C: it is thrown where the exchange ends.
  try {
    return work();
  } catch (...) {
    failure = std::current_exception();
    return otherwise;
  }
}

} // namespace

Exchange::State::State(Request wanted, Traffic& mover)
    : request(std::move(wanted)), traffic(mover), headers(header_list(request.headers)),
      handle(curl_easy_init()) {
  if (!handle) throw base::BugError("libcurl gives no handle");
  configure();
  configure_body();
}

void Exchange::State::configure() {
  CURL* easy = handle.get();
  const char* protocols = base::scheme_of(request.url) == "https" ? "https" : "http,https";
  const auto seconds = [](std::chrono::seconds length) {
    return static_cast<long>(length.count());
  };
  set_option(easy, CURLOPT_URL, request.url.c_str());
  set_option(easy, CURLOPT_PROTOCOLS_STR, protocols);
  set_option(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  set_option(easy, CURLOPT_FOLLOWLOCATION, request.most_redirections > 0 ? 1L : 0L);
  set_option(easy, CURLOPT_MAXREDIRS, static_cast<long>(request.most_redirections));
  set_option(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_FAILONERROR, 1L);
  set_option(easy, CURLOPT_USERAGENT, "imagewright");
  if (const auto file = base::certificate_file()) set_option(easy, CURLOPT_CAINFO, file->c_str());
  set_option(easy, CURLOPT_HTTPHEADER, headers.get());
  set_option(easy, CURLOPT_ERRORBUFFER, static_cast<char*>(error_text));
  set_option(easy, CURLOPT_CONNECTTIMEOUT, seconds(request.patience.connecting));
  set_option(easy, CURLOPT_LOW_SPEED_TIME, seconds(request.patience.silence));
  set_option(easy, CURLOPT_LOW_SPEED_LIMIT,
             static_cast<long>(request.patience.least_bytes_a_second));
  if (request.patience.whole) set_option(easy, CURLOPT_TIMEOUT, seconds(*request.patience.whole));
  set_option(easy, CURLOPT_WRITEFUNCTION, &State::on_data);
  set_option(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_HEADERFUNCTION, &State::on_header);
  set_option(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_NOPROGRESS, 0L);
  set_option(easy, CURLOPT_XFERINFOFUNCTION, &State::on_progress);
  set_option(easy, CURLOPT_XFERINFODATA, static_cast<void*>(this));
  if (!request.login) return;
  set_option(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set_option(easy, CURLOPT_USERPWD, request.login->c_str());
}

void Exchange::State::configure_body() {
  CURL* easy = handle.get();
  if (request.begin_at > 0)
    set_option(easy, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(request.begin_at));
  if (request.method == Method::head) set_option(easy, CURLOPT_NOBODY, 1L);
  if (request.method != Method::put) return;
  set_option(easy, CURLOPT_UPLOAD, 1L);
  set_option(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body_size));
  set_option(easy, CURLOPT_READFUNCTION, &State::on_wanted);
  set_option(easy, CURLOPT_READDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_SEEKFUNCTION, &State::on_seek);
  set_option(easy, CURLOPT_SEEKDATA, static_cast<void*>(this));
}

long Exchange::State::status() const {
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::size_t Exchange::State::accept(std::span<const std::byte> content) {
  if (is_content(status())) {
    is_stopped = !traffic.take(content);
    return is_stopped ? CURL_WRITEFUNC_ERROR : content.size();
  }
  page_bytes += content.size();
  is_too_long = page_bytes > k_longest_page;
  return is_too_long ? CURL_WRITEFUNC_ERROR : content.size();
}

std::size_t Exchange::State::on_data(char* data, std::size_t size, std::size_t count, void* self) {
  auto& state = *static_cast<State*>(self);
  return guarded<std::size_t>(state.failure, CURL_WRITEFUNC_ERROR, [&] {
    return state.accept(std::as_bytes(std::span(data, size * count)));
  });
}

std::size_t Exchange::State::on_header(char* data, std::size_t size, std::size_t count,
                                       void* self) {
  auto& state = *static_cast<State*>(self);
  const std::size_t bytes = size * count;
  state.head_bytes += bytes;
  state.is_too_long = state.head_bytes > k_longest_page;
  if (state.is_too_long) return CURL_WRITEFUNC_ERROR;
  return guarded<std::size_t>(state.failure, CURL_WRITEFUNC_ERROR, [&] {
    state.traffic.take_header(std::string_view(data, bytes));
    return bytes;
  });
}

std::size_t Exchange::State::on_wanted(char* buffer, std::size_t size, std::size_t count,
                                       void* self) {
  auto& state = *static_cast<State*>(self);
  return guarded<std::size_t>(state.failure, CURL_READFUNC_ABORT, [&]() -> std::size_t {
    const auto given =
        state.traffic.give(state.sent, std::as_writable_bytes(std::span(buffer, size * count)));
    state.is_stopped = !given;
    if (!given) return CURL_READFUNC_ABORT;
    state.sent += *given;
    return *given;
  });
}

int Exchange::State::on_seek(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<State*>(self)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int Exchange::State::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& state = *static_cast<State*>(self);
  return guarded(state.failure, 1, [&] {
    const bool goes_on = state.traffic.goes_on();
    state.is_stopped = state.is_stopped || !goes_on;
    return goes_on ? 0 : 1;
  });
}

/// libcurl quotes the address of a proxy that it cannot read, with the password in it.
std::string without_address_of_proxy(const std::string& why) {
  if (base::to_lower(why).find("proxy") == std::string::npos) return why;
  return why.substr(0, std::min(why.find(" in '"), why.find(" for '")));
}

Ending Exchange::State::finish(CURLcode code) {
  if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  Ending ending{.status = status()};
  long proxy_status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &retry_after);
  if (code == CURLE_OK) return ending;
  if (retry_after > 0) ending.retry_after = std::chrono::seconds(retry_after);
  const Advice advice = is_stopped ? Advice{} : advice_on(code, ending.status, proxy_status);
  ending.hint = advice.hint;
  ending.is_lasting = advice.is_lasting;
  ending.reason = is_too_long ? "its answer is too long" : curl_easy_strerror(code);
  const std::string why = error_text[0] != '\0' && !is_too_long ? error_text : ending.reason;
  ending.detail = base::escape_controls(base::without_secrets(without_address_of_proxy(why)));
  if (is_stopped) {
    ending.fault = Fault::stopped;
  } else if (is_too_long) {
    ending.fault = Fault::too_long;
  } else if (code == CURLE_RANGE_ERROR) {
    ending.fault = Fault::no_such_part;
  } else if (code == CURLE_PARTIAL_FILE) {
    ending.fault = Fault::cut_short;
  } else if (code != CURLE_HTTP_RETURNED_ERROR || ending.status < 400) {
    // A proxy that lets nobody through is no answer of the server.
    ending.fault = Fault::other;
  }
  return ending;
}

Exchange::Exchange(Request request, Traffic& traffic)
    : state_(std::make_unique<State>(std::move(request), traffic)) {}

Exchange::~Exchange() = default;

bool Exchange::has_begun() const {
  curl_off_t first_byte = 0;
  return curl_easy_getinfo(state_->handle.get(), CURLINFO_STARTTRANSFER_TIME_T, &first_byte) ==
             CURLE_OK &&
         first_byte > 0;
}

Ending Exchange::perform() {
  return state_->finish(curl_easy_perform(state_->handle.get()));
}

} // namespace imagewright::http
