// SPDX-License-Identifier: MIT
#include <exception>

#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/signals.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "anew.hpp"
#include "channel.hpp"
#include "mount_api.hpp"
#include "user_namespace.hpp"

namespace imagewright::sandbox {

namespace {

/// A child that stays in the namespace that its parent leaves: ids can be mapped from there alone.
[[noreturn]] void map_parent(pid_t parent, Channel& channel) noexcept {
  // Not the caller's handlers: a signal ends this process.
  process::restore_default_signals();
  die_with(parent);
  channel.inside.reset();
  try {
    answer_id_maps(channel.outside.get(), parent);
  } catch (const std::exception& exception) {
    report_failure(channel.outside.get(), exception);
  }
  ::_exit(0);
}

void enter_user_namespace() {
  Channel channel = make_channel();
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw_cannot_enter("cannot fork for", "a user namespace");
  if (pid == 0) map_parent(self, channel);
  // Killed, not asked, when this fails: it waits for a wish that does not come then.
  process::ChildProcess helper(pid, process::Ending::kill_group);
  channel.outside.reset();
  enter_own_user_namespace(channel.inside.get());
  channel.inside.reset();
  helper.wait();
}

} // namespace

std::string_view to_string(Rung rung) {
  switch (rung) {
  case Rung::root:
    return "root";
  case Rung::limited_root:
    return "root without the right to administrate, as in a container";
  case Rung::subordinate_ids:
    return "an ordinary user with subordinate ids";
  case Rung::single_id:
    return "an ordinary user without subordinate ids: owners and devices are recorded";
  }
  throw base::BugError("unknown rung of privilege");
}

Rung find_rung() {
  if (is_root()) return may_administrate() ? Rung::root : Rung::limited_root;
  return has_subordinate_ids() ? Rung::subordinate_ids : Rung::single_id;
}

void become_root() {
  if (find_rung() == Rung::root) return;
  enter_user_namespace();
}

} // namespace imagewright::sandbox
