// SPDX-License-Identifier: MIT
#pragma once

// The servers of one source, and how they have behaved.

#include <cstddef>
#include <string>
#include <vector>

#include "mirrors.hpp"

namespace imagewright::repo {

struct Server {
  std::string base; ///< URL without a slash at its end
  std::size_t faults = 0;
  std::size_t files = 0;
  std::string last_fault;
};

class ServerSet {
public:
  explicit ServerSet(MirrorList mirrors);

  const MirrorList& mirrors() const { return mirrors_; }
  const std::vector<Server>& servers() const { return servers_; }
  /// The best behaved of those that `asked` does not hold; nothing when all were asked.
  std::optional<std::size_t> next(const std::vector<std::size_t>& asked) const;
  const std::string& base_of(std::size_t server) const { return servers_[server].base; }
  void note_success(std::size_t server);
  void note_fault(std::size_t server, const std::string& why);
  std::size_t last() const { return last_; }

private:
  MirrorList mirrors_;
  std::vector<Server> servers_;
  std::size_t last_ = 0;
};

} // namespace imagewright::repo
