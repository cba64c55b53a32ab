// SPDX-License-Identifier: MIT
#include "blob.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <thread>

#include <curl/curl.h>

#include <fmt/format.h>

#include <imagewright/base/certificate_file.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::upload {

namespace {

constexpr auto k_version = "2019-12-12";
constexpr auto k_content = "x-ms-meta-imagewrightcontent";
constexpr std::uint64_t k_longest_list = 256U * 1024U * 1024U;
constexpr std::uint64_t k_longest_page = 65536;
constexpr long k_patience = 60;

template <typename Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw base::BugError(fmt::format("libcurl refuses the option {}", static_cast<int>(option)));
}

/// The signature lets whoever reads it write the blob.
bool is_of_this_host(const std::string& url) {
  const std::string rest = base::to_lower(url.substr(url.find("://") + 3));
  const std::string host = rest.substr(0, rest.find_first_of("/?#"));
  // What stands before an @ is a name and a password, whatever it looks like.
  if (host.find('@') != std::string::npos) return false;
  const std::string name = host.substr(0, host.rfind(':'));
  return name == "localhost" || name == "127.0.0.1" || host.starts_with("[::1]");
}

struct Receiver {
  std::string body;
  std::map<std::string, std::string> headers;
  std::uint64_t largest = 0;
  std::span<const char> to_send;
  std::size_t sent = 0;
  const base::Cancellation* cancellation = nullptr;
};

std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) {
  auto& receiver = *static_cast<Receiver*>(self);
  const std::size_t bytes = size * count;
  if (bytes > receiver.largest - receiver.body.size()) return CURL_WRITEFUNC_ERROR;
  receiver.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& receiver = *static_cast<Receiver*>(self);
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  constexpr std::size_t k_most_headers = 256;
  if (colon != std::string_view::npos && receiver.headers.size() < k_most_headers) {
    receiver.headers[base::to_lower(line.substr(0, colon))] =
        std::string(base::trimmed(line.substr(colon + 1)));
  }
  return size * count;
}

std::size_t on_wanted(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& receiver = *static_cast<Receiver*>(self);
  const std::size_t bytes = std::min(size * count, receiver.to_send.size() - receiver.sent);
  std::memcpy(buffer, receiver.to_send.data() + receiver.sent, bytes);
  receiver.sent += bytes;
  return bytes;
}

int on_seek(void* self, curl_off_t offset, int origin) {
  auto& receiver = *static_cast<Receiver*>(self);
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  receiver.sent = std::min(static_cast<std::size_t>(offset), receiver.to_send.size());
  return CURL_SEEKFUNC_OK;
}

int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Receiver*>(self)->cancellation->is_requested() ? 1 : 0;
}

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

HeaderList header_list(const std::map<std::string, std::string>& headers) {
  HeaderList list;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw base::BugError("libcurl has no memory for a header");
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : headers)
    add(name + ": " + value);
  add("Expect:");
  return list;
}

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

void configure(CURL* handle, Receiver& receiver) {
  set_option(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  // Whoever answers for another host would be told the signature.
  set_option(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  set_option(handle, CURLOPT_USERAGENT, "imagewright");
  if (const auto file = base::certificate_file()) set_option(handle, CURLOPT_CAINFO, file->c_str());
  set_option(handle, CURLOPT_CONNECTTIMEOUT, k_patience);
  set_option(handle, CURLOPT_LOW_SPEED_LIMIT, 1024L);
  set_option(handle, CURLOPT_LOW_SPEED_TIME, k_patience);
  set_option(handle, CURLOPT_NOPROGRESS, 0L);
  set_option(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&receiver));
  set_option(handle, CURLOPT_WRITEFUNCTION, &on_data);
  set_option(handle, CURLOPT_WRITEDATA, static_cast<void*>(&receiver));
  set_option(handle, CURLOPT_HEADERFUNCTION, &on_header);
  set_option(handle, CURLOPT_HEADERDATA, static_cast<void*>(&receiver));
}

std::optional<std::uint64_t> number_from(const std::string& text) {
  std::uint64_t number = 0;
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

bool may_be_otherwise_later(long status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

std::string range_text(const Range& range) {
  return fmt::format("bytes={}-{}", range.offset, range.end() - 1);
}

} // namespace

Blob::Blob(const UploadRequest& request, const base::Cancellation& cancellation)
    : request_(request), cancellation_(cancellation), address_(base::without_secrets(request.url)) {
  const std::string scheme = base::scheme_of(request.url);
  if (scheme != "https" && !(scheme == "http" && is_of_this_host(request.url))) {
    throw base::Error(base::FailureKind::input, "upload.plain-http",
                      fmt::format("the address {} is none of https", base::quoted(address_)),
                      "write it with https: its signature is a password for the blob");
  }
  if (request.url.find('?') == std::string::npos) {
    throw base::Error(base::FailureKind::input, "upload.no-signature",
                      fmt::format("the address {} has no signature", base::quoted(address_)),
                      "append a shared access signature that may create, read and write: ?sv=…");
  }
}

std::optional<BlobFacts> Blob::find() {
  const Answer answer = ask({.method = "HEAD", .query = {}});
  if (answer.status == 404) return std::nullopt;
  if (answer.status != 200) refuse(answer);
  const auto value = [&](const char* name) {
    const auto found = answer.headers.find(name);
    return found == answer.headers.end() ? std::string() : found->second;
  };
  const auto size = number_from(value("content-length"));
  if (!size) {
    throw base::Error(base::FailureKind::build, "upload.bad-answer",
                      "the server does not say how large the blob is",
                      "check that the address is that of a page blob");
  }
  return BlobFacts{.size = *size, .type = value("x-ms-blob-type"), .content = value(k_content)};
}

void Blob::create(std::uint64_t size, const std::string& content) {
  const Answer answer = ask({.method = "PUT",
                             .query = {},
                             .headers = {{"x-ms-blob-type", "PageBlob"},
                                         {"x-ms-blob-content-length", std::to_string(size)},
                                         {"Content-Type", "application/octet-stream"},
                                         // Nothing is overwritten, whoever was faster.
                                         {"If-None-Match", "*"},
                                         {k_content, content}}});
  if (answer.status != 201) refuse(answer);
}

void Blob::write(const Range& range, std::span<const char> bytes) {
  const Answer answer = ask({.method = "PUT",
                             .query = "&comp=page",
                             .headers = {{"x-ms-page-write", "update"},
                                         {"x-ms-range", range_text(range)},
                                         {"Content-Type", "application/octet-stream"}},
                             .body = bytes});
  if (answer.status != 201) refuse(answer);
}

std::string Blob::read(const Range& range) {
  Answer answer = ask({.method = "GET",
                       .query = {},
                       .headers = {{"x-ms-range", range_text(range)}},
                       .largest_answer = range.length});
  if (answer.status != 206 && answer.status != 200) refuse(answer);
  return std::move(answer.body);
}

std::string Blob::list_pages() {
  Answer answer =
      ask({.method = "GET", .query = "&comp=pagelist", .largest_answer = k_longest_list});
  if (answer.status != 200) refuse(answer);
  return std::move(answer.body);
}

Blob::Answer Blob::ask(const Request& request) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    Answer answer = ask_once(request);
    cancellation_.check();
    if (!may_be_otherwise_later(answer.status)) return answer;
    if (attempt < request_.attempts) {
      wait_before(attempt);
      continue;
    }
    throw base::Error(
        base::FailureKind::build, "upload.unreachable",
        fmt::format("{} does not answer as it should, {} times: {}", base::quoted(address_),
                    attempt,
                    answer.fault.empty() ? fmt::format("status {}", answer.status) : answer.fault),
        "run the same command again when it does: it goes on where it was");
  }
}

Blob::Answer Blob::ask_once(const Request& request) {
  const std::unique_ptr<CURL, EasyDeleter> owner(curl_easy_init());
  CURL* handle = owner.get();
  if (handle == nullptr) throw base::BugError("libcurl gives no handle");
  Receiver receiver{.body = {},
                    .headers = {},
                    .largest = std::max(request.largest_answer, k_longest_page),
                    .to_send = request.body,
                    .sent = 0,
                    .cancellation = &cancellation_};
  configure(handle, receiver);
  set_option(handle, CURLOPT_URL, (request_.url + request.query).c_str());
  std::map<std::string, std::string> headers = request.headers;
  headers["x-ms-version"] = k_version;
  const HeaderList list = header_list(headers);
  set_option(handle, CURLOPT_HTTPHEADER, list.get());
  if (request.method == "HEAD") {
    set_option(handle, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT") {
    set_option(handle, CURLOPT_UPLOAD, 1L);
    set_option(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set_option(handle, CURLOPT_READFUNCTION, &on_wanted);
    set_option(handle, CURLOPT_READDATA, static_cast<void*>(&receiver));
    set_option(handle, CURLOPT_SEEKFUNCTION, &on_seek);
    set_option(handle, CURLOPT_SEEKDATA, static_cast<void*>(&receiver));
  }
  const CURLcode code = curl_easy_perform(handle);
  Answer answer{.status = 0, .headers = std::move(receiver.headers), .body = {}, .fault = {}};
  if (code != CURLE_OK) {
    answer.fault = curl_easy_strerror(code);
    return answer;
  }
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
  answer.body = std::move(receiver.body);
  return answer;
}

void Blob::wait_before(std::uint32_t attempt) const {
  constexpr std::chrono::milliseconds k_longest{30000};
  constexpr std::chrono::milliseconds k_step{100};
  const auto pause = std::min(k_longest, request_.pause * (1U << std::min(attempt - 1, 10U)));
  const auto deadline = std::chrono::steady_clock::now() + pause;
  while (std::chrono::steady_clock::now() < deadline) {
    cancellation_.check();
    std::this_thread::sleep_for(std::min(k_step, pause));
  }
}

void Blob::refuse(const Answer& answer) const {
  const auto found = answer.headers.find("x-ms-error-code");
  const bool is_word = found != answer.headers.end() && base::is_plain_word(found->second);
  const std::string said =
      fmt::format("status {}{}", answer.status, is_word ? " (" + found->second + ")" : "");
  if (answer.status == 404) {
    throw base::Error(
        base::FailureKind::input, "upload.no-container",
        fmt::format("there is nothing to put {} into: {}", base::quoted(address_), said),
        "make the container, or correct the address");
  }
  throw base::Error(base::FailureKind::build, "upload.refused",
                    fmt::format("{} is refused by its server: {}", base::quoted(address_), said),
                    "the signature must not have expired, and has to permit to create, to write "
                    "and to read (sp=rcw)");
}

} // namespace imagewright::upload
