// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/http/group.hpp>

#include "state.hpp"

namespace imagewright::http {

struct Group::State {
  MultiPointer multi;
  std::vector<Exchange*> members;
};

Group::Group() : state_(new State{.multi = MultiPointer(curl_multi_init()), .members = {}}) {
  if (!state_->multi) throw base::BugError("libcurl gives no handle");
}

Group::~Group() {
  for (Exchange* const member : state_->members)
    curl_multi_remove_handle(state_->multi.get(), member->state_->handle.get());
}

void Group::add(Exchange& exchange) {
  curl_multi_add_handle(state_->multi.get(), exchange.state_->handle.get());
  state_->members.push_back(&exchange);
}

void Group::remove(Exchange& exchange) {
  curl_multi_remove_handle(state_->multi.get(), exchange.state_->handle.get());
  std::erase(state_->members, &exchange);
}

std::vector<Ended> Group::move() {
  int left = 0;
  curl_multi_perform(state_->multi.get(), &left);
  std::vector<Ended> ended;
  while (const CURLMsg* message = curl_multi_info_read(state_->multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // Removing it invalidates the message.
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto found = std::ranges::find_if(state_->members, [&](const Exchange* member) {
      return member->state_->handle.get() == handle;
    });
    if (found == state_->members.end()) throw base::BugError("libcurl ends what nobody began");
    Exchange& exchange = **found;
    remove(exchange);
    ended.push_back({.exchange = &exchange, .ending = exchange.state_->finish(code)});
  }
  return ended;
}

void Group::wait(std::chrono::milliseconds longest) {
  curl_multi_poll(state_->multi.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
}

} // namespace imagewright::http
