// SPDX-License-Identifier: MIT
#pragma once

// Several exchanges at once, in one thread.

#include <chrono>
#include <memory>
#include <vector>

#include <imagewright/http/exchange.hpp>

namespace imagewright::http {

struct Ended {
  Exchange* exchange = nullptr;
  Ending ending;
};

class Group {
public:
  Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  Group(Group&&) = delete;
  Group& operator=(Group&&) = delete;
  ~Group();

  /// It must be there until it ended or was removed.
  void add(Exchange& exchange);
  void remove(Exchange& exchange);
  /// Moves what can be moved now, and gives those that ended, which are no longer of the group.
  /// Throws what a traffic of these threw.
  std::vector<Ended> move();
  /// Until there is something to move, and no longer than this.
  void wait(std::chrono::milliseconds longest);

private:
  struct State;

  std::unique_ptr<State> state_;
};

} // namespace imagewright::http
