// SPDX-License-Identifier: MIT
#include "blob.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/http/hosts.hpp>
#include <imagewright/http/pause.hpp>

namespace imagewright::upload {

namespace {

constexpr auto k_version = "2019-12-12";
constexpr auto k_content = "x-ms-meta-imagewrightcontent";
constexpr std::uint64_t k_longest_list = 256U * 1024U * 1024U;
constexpr std::uint64_t k_longest_page = 65536;
constexpr std::chrono::seconds k_patience{60};
constexpr std::uint32_t k_least_bytes_a_second = 1024;

/// One request's body, and what the server says.
class Conversation : public http::Traffic {
public:
  Conversation(std::span<const char> to_send, std::uint64_t largest,
               const base::Cancellation& cancellation)
      : to_send_(std::as_bytes(to_send)), largest_(largest), cancellation_(cancellation) {}

  std::string body;
  std::map<std::string, std::string> headers;

private:
  bool take(std::span<const std::byte> content) override {
    if (content.size() > largest_ - body.size()) return false;
    body.append(reinterpret_cast<const char*>(content.data()), content.size());
    return true;
  }
  void take_header(std::string_view line) override {
    const std::size_t colon = line.find(':');
    constexpr std::size_t k_most_headers = 256;
    if (colon == std::string_view::npos || headers.size() >= k_most_headers) return;
    headers[base::to_lower(line.substr(0, colon))] =
        std::string(base::trimmed(line.substr(colon + 1)));
  }
  std::optional<std::size_t> give(std::uint64_t offset, std::span<std::byte> buffer) override {
    const auto rest = to_send_.subspan(std::min<std::size_t>(offset, to_send_.size()));
    const std::size_t bytes = std::min(buffer.size(), rest.size());
    std::copy_n(rest.begin(), bytes, buffer.begin());
    return bytes;
  }
  bool goes_on() override { return !cancellation_.is_requested(); }

  std::span<const std::byte> to_send_;
  std::uint64_t largest_;
  const base::Cancellation& cancellation_;
};

std::optional<std::uint64_t> number_from(const std::string& text) {
  std::uint64_t number = 0;
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

std::string range_text(const Range& range) {
  return fmt::format("bytes={}-{}", range.offset, range.end() - 1);
}

} // namespace

Blob::Blob(const UploadRequest& request, const base::Cancellation& cancellation)
    : request_(request), cancellation_(cancellation), address_(base::without_secrets(request.url)) {
  const std::string scheme = base::scheme_of(request.url);
  if (scheme != "https" &&
      !(scheme == "http" && http::is_this_host(http::authority_of(request.url)))) {
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
  const Answer answer = ask({.method = http::Method::head, .query = {}});
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
  const Answer answer = ask({.method = http::Method::put,
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
  const Answer answer = ask({.method = http::Method::put,
                             .query = "&comp=page",
                             .headers = {{"x-ms-page-write", "update"},
                                         {"x-ms-range", range_text(range)},
                                         {"Content-Type", "application/octet-stream"}},
                             .body = bytes});
  if (answer.status != 201) refuse(answer);
}

std::string Blob::read(const Range& range) {
  Answer answer = ask({.method = http::Method::get,
                       .query = {},
                       .headers = {{"x-ms-range", range_text(range)}},
                       .largest_answer = range.length});
  if (answer.status != 206 && answer.status != 200) refuse(answer);
  return std::move(answer.body);
}

std::string Blob::list_pages() {
  Answer answer = ask(
      {.method = http::Method::get, .query = "&comp=pagelist", .largest_answer = k_longest_list});
  if (answer.status != 200) refuse(answer);
  return std::move(answer.body);
}

Blob::Answer Blob::ask(const Request& request) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    Answer answer = ask_once(request);
    cancellation_.check();
    if (!http::may_be_otherwise_later(answer.status)) return answer;
    if (attempt < request_.attempts && !answer.is_lasting) {
      wait_before(attempt);
      continue;
    }
    throw base::Error(
        base::FailureKind::build, "upload.unreachable",
        fmt::format("{} does not answer as it should, {} {}: {}", base::quoted(address_), attempt,
                    attempt == 1 ? "time" : "times",
                    answer.fault.empty() ? fmt::format("status {}", answer.status) : answer.fault),
        answer.hint.empty() ? "run the same command again when it does: it goes on where it was"
                            : answer.hint);
  }
}

Blob::Answer Blob::ask_once(const Request& request) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : request.headers)
    lines.push_back(name + ": " + value);
  lines.push_back(std::string("x-ms-version: ") + k_version);
  lines.emplace_back("Expect:");
  Conversation conversation(request.body, std::max(request.largest_answer, k_longest_page),
                            cancellation_);
  // Whoever answers for another host would be told the signature: nobody is followed.
  http::Exchange exchange({.url = request_.url + request.query,
                           .method = request.method,
                           .headers = std::move(lines),
                           .body_size = request.body.size(),
                           .patience = {.connecting = k_patience,
                                        .silence = k_patience,
                                        .least_bytes_a_second = k_least_bytes_a_second}},
                          conversation);
  const http::Ending ending = exchange.perform();
  if (ending.fault != http::Fault::none) {
    return {.status = 0,
            .headers = std::move(conversation.headers),
            .body = {},
            .fault = ending.reason,
            .hint = ending.hint,
            .is_lasting = ending.is_lasting};
  }
  return {.status = ending.status,
          .headers = std::move(conversation.headers),
          .body = std::move(conversation.body),
          .fault = {},
          .hint = {}};
}

void Blob::wait_before(std::uint32_t attempt) const {
  constexpr std::chrono::milliseconds k_longest{30000};
  http::pause(http::pause_after(attempt, request_.pause, k_longest), cancellation_);
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
