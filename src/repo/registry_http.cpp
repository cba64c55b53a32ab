// SPDX-License-Identifier: MIT
#include "registry_http.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <imagewright/base/text.hpp>
#include <imagewright/http/exchange.hpp>
#include <imagewright/http/hosts.hpp>
#include <imagewright/http/pause.hpp>

namespace imagewright::repo {

namespace {

constexpr std::uint32_t k_most_redirections = 5;
/// A manifest is short: whoever needs longer for it does not answer.
constexpr std::chrono::seconds k_longest{120};

class ShortAnswer : public http::Traffic {
public:
  explicit ShortAnswer(const base::Cancellation& cancellation) : cancellation_(cancellation) {}

  RegistryAnswer finish(const http::Ending& ending) {
    answer_.status = ending.fault == http::Fault::none ? ending.status : 0;
    if (ending.fault == http::Fault::none) return std::move(answer_);
    answer_.fault = is_too_long_ ? "its answer is too long" : ending.reason;
    answer_.hint = ending.hint;
    answer_.is_lasting = ending.is_lasting || is_too_long_;
    return std::move(answer_);
  }

private:
  bool take(std::span<const std::byte> content) override {
    is_too_long_ = content.size() > k_longest_registry_answer - answer_.body.size();
    if (is_too_long_) return false;
    answer_.body.append(reinterpret_cast<const char*>(content.data()), content.size());
    return true;
  }
  void take_header(std::string_view line) override { repo::take_header(answer_, line); }
  bool goes_on() override { return !cancellation_.is_requested(); }

  const base::Cancellation& cancellation_;
  RegistryAnswer answer_;
  bool is_too_long_ = false;
};

RegistryAnswer ask_once(const std::string& url, const std::vector<std::string>& headers,
                        const FetchOptions& options, const base::Cancellation& cancellation) {
  ShortAnswer answer(cancellation);
  http::Exchange exchange({.url = url,
                           .headers = headers,
                           .most_redirections = k_most_redirections,
                           .patience = {.connecting = options.connect_timeout,
                                        .silence = options.stall_timeout,
                                        .whole = k_longest}},
                          answer);
  const http::Ending ending = exchange.perform();
  cancellation.check();
  return answer.finish(ending);
}

} // namespace

void take_header(RegistryAnswer& answer, std::string_view line) {
  constexpr std::string_view k_name = "www-authenticate:";
  constexpr std::string_view k_scheme = "bearer ";
  constexpr std::string_view k_basic = "basic";
  if (line.starts_with("HTTP/")) {
    answer.challenge.clear();
    answer.wants_password = false;
    answer.is_redirected = answer.is_redirected || line.substr(line.find(' ') + 1).starts_with('3');
  }
  // Whoever a registry sends us to does not say who gets the login for the registry.
  if (answer.is_redirected) return;
  if (base::to_lower(line.substr(0, k_name.size())) != k_name) return;
  const std::string challenge(base::trimmed(line.substr(k_name.size())));
  if (base::to_lower(challenge.substr(0, k_scheme.size())) == k_scheme)
    answer.challenge = challenge;
  if (base::to_lower(challenge.substr(0, k_basic.size())) == k_basic) answer.wants_password = true;
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
  if (realm.starts_with("https://")) return true;
  return realm.starts_with("http://") && http::is_this_host(registry_host) &&
         http::is_this_host(http::authority_of(realm));
}

RegistryAnswer get_from_registry(const std::string& url, const std::vector<std::string>& headers,
                                 const FetchOptions& options,
                                 const base::Cancellation& cancellation) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    RegistryAnswer answer = ask_once(url, headers, options, cancellation);
    const bool is_final = answer.is_lasting || !http::may_be_otherwise_later(answer.status);
    if (is_final || attempt >= options.attempts) return answer;
    http::pause(http::pause_after(attempt, options.pause, options.longest_pause), cancellation);
  }
}

} // namespace imagewright::repo
