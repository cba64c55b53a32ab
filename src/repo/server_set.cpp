// SPDX-License-Identifier: MIT
#include "server_set.hpp"

#include <algorithm>
#include <utility>

namespace imagewright::repo {

ServerSet::ServerSet(MirrorList mirrors) : mirrors_(std::move(mirrors)) {
  for (const std::string& base : mirrors_.bases)
    servers_.push_back({.base = base});
}

std::optional<std::size_t> ServerSet::next(const std::vector<std::size_t>& asked) const {
  std::optional<std::size_t> best;
  for (std::size_t server = 0; server < servers_.size(); ++server) {
    if (std::find(asked.begin(), asked.end(), server) != asked.end()) continue;
    if (!best || servers_[server].faults < servers_[*best].faults) best = server;
  }
  return best;
}

void ServerSet::note_success(std::size_t server) {
  ++servers_[server].files;
  last_ = server;
}

void ServerSet::note_fault(std::size_t server, const std::string& why) {
  ++servers_[server].faults;
  servers_[server].last_fault = why;
}

} // namespace imagewright::repo
