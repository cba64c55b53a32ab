// SPDX-License-Identifier: MIT
#include <cerrno>
#include <functional>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/probe.hpp>

#include "mount_api.hpp"
#include "user_namespace.hpp"

namespace imagewright::sandbox {

namespace {

Ability ability(bool is_present) {
  return is_present ? Ability::present : Ability::absent;
}

/// Does it work, tried in a child so that nothing of it stays?
bool works_in_child(const std::function<bool()>& attempt) {
  const pid_t pid = ::fork();
  if (pid < 0) return false;
  if (pid == 0) {
    bool is_fine = false;
    try {
      is_fine = attempt();
    } catch (const base::Error&) {
      is_fine = false;
    }
    ::_exit(is_fine ? 0 : 1);
  }
  return process::ChildProcess(pid, process::Ending::ask).wait() == 0;
}

std::string why_not(const HostAbilities& abilities) {
  if (!may_administrate() && abilities.user_namespaces == Ability::absent)
    return "this user may not make user namespaces";
  if (abilities.namespaces == Ability::absent)
    return "mount and process namespaces are not allowed here";
  return {};
}

} // namespace

HostAbilities probe() {
  constexpr int others = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
  HostAbilities abilities;
  abilities.is_root = ability(is_root());
  abilities.user_namespaces = ability(works_in_child([] { return ::unshare(CLONE_NEWUSER) == 0; }));
  abilities.subordinate_ids = ability(has_subordinate_ids());
  abilities.namespaces = ability(works_in_child(
      [] { return ::unshare((may_administrate() ? 0 : CLONE_NEWUSER) | others) == 0; }));
  abilities.private_binfmt_misc = ability(works_in_child([] {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    make_mount("binfmt_misc", {}, 0);
    return true;
  }));
  abilities.reason = why_not(abilities);
  return abilities;
}

} // namespace imagewright::sandbox
