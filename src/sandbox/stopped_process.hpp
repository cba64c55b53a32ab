// SPDX-License-Identifier: MIT
#pragma once

// A process of ours that programs of the image can send signals to. To end it ends everything; to
// stop it would leave them alone with the host's memory and time.

#include <csignal>

#include <sys/types.h>

namespace imagewright::sandbox {

class StoppedProcess {
public:
  explicit StoppedProcess(pid_t process) : process_(process) {}

  /// Lets it go on; false when it was stopped more often than by somebody who pauses a build.
  bool go_on() {
    constexpr int k_most_stops = 100;
    return ++stops_ <= k_most_stops && ::kill(process_, SIGCONT) == 0;
  }

private:
  pid_t process_;
  int stops_ = 0;
};

} // namespace imagewright::sandbox
