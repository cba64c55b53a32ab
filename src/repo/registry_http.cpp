// SPDX-License-Identifier: MIT
#include "registry_http.hpp"

#include <algorithm>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include <imagewright/base/certificate_file.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "curl_types.hpp"
#include "registry_reference.hpp"

namespace imagewright::repo {

namespace {

constexpr long k_most_redirections = 5;
/// A manifest is short: whoever needs longer for it does not answer.
constexpr long k_longest_seconds = 120;

template <typename Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw base::BugError(fmt::format("libcurl refuses the option {}", static_cast<int>(option)));
}

struct Receiver {
  RegistryAnswer answer;
  bool is_too_long = false;
  const base::Cancellation* cancellation = nullptr;
};

std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) {
  auto& receiver = *static_cast<Receiver*>(self);
  const std::size_t bytes = size * count;
  receiver.is_too_long = bytes > k_longest_registry_answer - receiver.answer.body.size();
  if (receiver.is_too_long) return CURL_WRITEFUNC_ERROR;
  receiver.answer.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  take_header(static_cast<Receiver*>(self)->answer, std::string_view(data, size * count));
  return size * count;
}

int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Receiver*>(self)->cancellation->is_requested() ? 1 : 0;
}

RegistryAnswer ask_once(const std::string& url, const std::vector<std::string>& headers,
                        const FetchOptions& options, const base::Cancellation& cancellation) {
  const EasyPointer pointer(curl_easy_init());
  if (!pointer) throw base::BugError("libcurl gives no handle");
  CURL* handle = pointer.get();
  const HeaderList list = header_list(headers);
  Receiver receiver{.answer = {}, .is_too_long = false, .cancellation = &cancellation};
  const char* protocols = url.starts_with("https:") ? "https" : "http,https";
  set_option(handle, CURLOPT_URL, url.c_str());
  set_option(handle, CURLOPT_PROTOCOLS_STR, protocols);
  set_option(handle, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  set_option(handle, CURLOPT_FOLLOWLOCATION, 1L);
  set_option(handle, CURLOPT_MAXREDIRS, k_most_redirections);
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  set_option(handle, CURLOPT_USERAGENT, "imagewright");
  if (const auto file = base::certificate_file()) set_option(handle, CURLOPT_CAINFO, file->c_str());
  set_option(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  set_option(handle, CURLOPT_TIMEOUT, k_longest_seconds);
  set_option(handle, CURLOPT_HTTPHEADER, list.get());
  set_option(handle, CURLOPT_WRITEFUNCTION, &on_data);
  set_option(handle, CURLOPT_WRITEDATA, static_cast<void*>(&receiver));
  set_option(handle, CURLOPT_HEADERFUNCTION, &on_header);
  set_option(handle, CURLOPT_HEADERDATA, static_cast<void*>(&receiver));
  set_option(handle, CURLOPT_NOPROGRESS, 0L);
  set_option(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&receiver));
  const CURLcode code = curl_easy_perform(handle);
  cancellation.check();
  if (code == CURLE_OK) {
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &receiver.answer.status);
  } else {
    receiver.answer.fault =
        receiver.is_too_long ? "its answer is too long" : curl_easy_strerror(code);
  }
  return std::move(receiver.answer);
}

bool is_passing(const RegistryAnswer& answer) {
  return answer.status == 0 || answer.status == 429 || answer.status >= 500;
}

void wait(std::chrono::milliseconds pause, const base::Cancellation& cancellation) {
  constexpr std::chrono::milliseconds k_slice{50};
  for (std::chrono::milliseconds done{}; done < pause; done += k_slice) {
    cancellation.check();
    std::this_thread::sleep_for(k_slice);
  }
}

} // namespace

void take_header(RegistryAnswer& answer, std::string_view line) {
  constexpr std::string_view k_name = "www-authenticate:";
  constexpr std::string_view k_scheme = "bearer ";
  if (line.starts_with("HTTP/")) answer.challenge.clear();
  if (base::to_lower(line.substr(0, k_name.size())) != k_name) return;
  const std::string challenge(base::trimmed(line.substr(k_name.size())));
  if (base::to_lower(challenge.substr(0, k_scheme.size())) == k_scheme)
    answer.challenge = challenge;
}

std::string challenge_parameter(std::string_view challenge, std::string_view name) {
  const std::size_t scheme = challenge.find(' ');
  std::string_view rest = scheme == std::string_view::npos ? "" : challenge.substr(scheme + 1);
  while (!rest.empty()) {
    const std::size_t equals_sign = rest.find("=\"");
    if (equals_sign == std::string_view::npos) return {};
    const std::string_view before = rest.substr(0, equals_sign);
    // What has no quotes, such as "x=1", ends at a comma as well.
    const std::string key(base::trimmed(before.substr(before.rfind(',') + 1)));
    rest.remove_prefix(equals_sign + 2);
    const std::size_t end = std::min(rest.find('"'), rest.size());
    if (base::to_lower(key) == name) return std::string(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

bool is_safe_realm(std::string_view realm, std::string_view registry_host) {
  constexpr std::string_view k_plain = "http://";
  if (realm.starts_with("https://")) return true;
  if (!realm.starts_with(k_plain) || !is_on_this_host(registry_host)) return false;
  const std::string_view rest = realm.substr(k_plain.size());
  return is_on_this_host(rest.substr(0, rest.find_first_of("/?#")));
}

RegistryAnswer get_from_registry(const std::string& url, const std::vector<std::string>& headers,
                                 const FetchOptions& options,
                                 const base::Cancellation& cancellation) {
  std::chrono::milliseconds pause = options.pause;
  for (std::uint32_t attempt = 1;; ++attempt) {
    RegistryAnswer answer = ask_once(url, headers, options, cancellation);
    if (!is_passing(answer) || attempt >= options.attempts) return answer;
    wait(pause, cancellation);
    pause = std::min(pause * 2, options.longest_pause);
  }
}

} // namespace imagewright::repo
