// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
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

constexpr std::string_view k_namespaces =
    "mount, process, IPC, host name and network namespaces, and a filter of system calls";
constexpr std::string_view k_recorded = "by the host where it stores them, else in a record";

constexpr std::array k_rungs{
    RungRow{Rung::root, "root", "root", "root with CAP_SYS_ADMIN", k_namespaces,
            "by the host; devices in a record", "root of this host, without its capabilities"},
    RungRow{Rung::limited_root, "limited-root",
            "root without the right to administrate, as in a container",
            "root that may make a user namespace and mounts in it", k_namespaces, k_recorded,
            "root of the container"},
    RungRow{Rung::subordinate_ids, "subordinate-ids", "an ordinary user with subordinate ids",
            "user namespaces, newuidmap, newgidmap and 65536 subordinate ids", k_namespaces,
            k_recorded, "this user and its subordinate ids"},
    RungRow{Rung::single_id, "single-id",
            "an ordinary user without subordinate ids: owners and devices are recorded",
            "user namespaces and mounts in them", k_namespaces, "in a record", "this user"},
    RungRow{Rung::machine, "machine",
            "any user, in a machine of its own: nothing of the image runs on this kernel",
            "QEMU and a kernel: the image's, this host's, or --machine-kernel",
            "the same namespaces, in the kernel of a virtual machine without a network device",
            "by the machine's own filesystem",
            "the machine; then a QEMU that may start nothing, as this user"}};

/// A child that stays in the namespace that its parent leaves: ids can be mapped from there alone.
[[noreturn]] void map_parent(pid_t parent, Channel& channel, IdMaps maps) noexcept {
  // Not the caller's handlers: a signal ends this process.
  process::restore_default_signals();
  die_with(parent);
  channel.inside.reset();
  try {
    answer_id_maps(channel.outside.get(), parent, maps);
  } catch (const std::exception& exception) {
    report_failure(channel.outside.get(), exception);
  }
  ::_exit(0);
}

void enter_user_namespace(IdMaps maps) {
  Channel channel = make_channel();
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw_cannot_enter("cannot fork for", "a user namespace");
  if (pid == 0) map_parent(self, channel, maps);
  // Killed, not asked, when this fails: it waits for a wish that does not come then.
  process::ChildProcess helper(pid, process::Ending::kill_group);
  channel.outside.reset();
  enter_own_user_namespace(channel.inside.get());
  channel.inside.reset();
  helper.wait();
}

} // namespace

std::span<const RungRow> all_rungs() {
  return k_rungs;
}

const RungRow& row_of(Rung rung) {
  return *std::ranges::find(k_rungs, rung, &RungRow::rung);
}

std::optional<Rung> find_rung(std::string_view name) {
  const auto found = std::ranges::find(k_rungs, name, &RungRow::name);
  return found == k_rungs.end() ? std::nullopt : std::optional(found->rung);
}

Rung own_rung() {
  if (is_root()) return may_administrate() ? Rung::root : Rung::limited_root;
  return has_subordinate_ids() ? Rung::subordinate_ids : Rung::single_id;
}

std::optional<RungObstacle> obstacle_on(Rung rung) {
  switch (rung) {
  case Rung::root:
    if (is_root() && may_administrate()) return std::nullopt;
    return RungObstacle{"it needs root with CAP_SYS_ADMIN", {}};
  case Rung::limited_root:
    if (is_root()) return std::nullopt;
    return RungObstacle{"it needs root", {}};
  case Rung::subordinate_ids:
    if (is_root()) return RungObstacle{"it is for ordinary users", {}};
    return find_subordinate_obstacle();
  case Rung::single_id:
  case Rung::machine:
    return std::nullopt;
  }
  throw base::BugError("unknown rung of privilege");
}

void become_root(Rung rung) {
  switch (rung) {
  case Rung::root:
  case Rung::machine:
    return;
  case Rung::limited_root:
  case Rung::subordinate_ids:
    enter_user_namespace(IdMaps::many);
    return;
  case Rung::single_id:
    enter_user_namespace(IdMaps::one);
    return;
  }
}

} // namespace imagewright::sandbox
