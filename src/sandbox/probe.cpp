// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/process/signals.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>
#include <imagewright/sandbox/privilege.hpp>
#include <imagewright/sandbox/probe.hpp>
#include <imagewright/sandbox/sandbox.hpp>

#include "channel.hpp"
#include "mount_api.hpp"
#include "refusal_cause.hpp"
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
    process::restore_default_signals();
    bool is_fine = false;
    try {
      is_fine = attempt();
    } catch (const base::Error&) {
      is_fine = false;
    }
    ::_exit(is_fine ? 0 : 1);
  }
  return process::ChildProcess(pid).wait() == 0;
}

bool lets_programs_run(const std::filesystem::path& directory) {
  struct statvfs status {};
  return ::statvfs(directory.c_str(), &status) == 0 && (status.f_flag & ST_NOEXEC) == 0;
}

/// For the root of a trial, wherever the host has a place for it: what a hardened /tmp refuses says
/// nothing of the output directory, where roots are made.
fs::TemporaryDirectory make_place() {
  std::error_code ignored;
  std::vector<std::filesystem::path> places{std::filesystem::temp_directory_path(ignored)};
  for (const char* place : {"/tmp", "/var/tmp", "/dev/shm", "/run"})
    places.emplace_back(place);
  for (const std::filesystem::path& place : places) {
    if (place.empty() || !lets_programs_run(place)) continue;
    try {
      return {place, "imagewright-probe-"};
    } catch (const base::Error&) {
      // The next one may do, ignoring.
    }
  }
  throw base::Error(base::FailureKind::host, "fs.cannot-write",
                    "there is no place for a trial of the sandbox: /tmp, /var/tmp, /dev/shm and "
                    "/run cannot be written, or are mounted with noexec",
                    "make one of them writable, or name a directory with TMPDIR");
}

/// All that a build does before the first program of an image begins, in an empty root: the program
/// that is asked for is not there, and hearing so means that everything before it worked.
void try_to_the_end(Rung rung, const std::filesystem::path& place) {
  std::filesystem::create_directory(place / "root");
  const base::Cancellation cancellation;
  become_root(rung);
  Sandbox sandbox({.root = place / "root", .metadata_record = place / "record"}, cancellation);
  process::Command command;
  command.argv = {"/probe"};
  // The program is not there: what could take time is a machine that stands still for a while.
  command.timeout = std::chrono::minutes(1);
  try {
    sandbox.run(command);
  } catch (const base::Error& error) {
    if (error.diagnostic().code == "process.missing-tool") return;
    throw;
  }
  // Nothing but the clock ends it without an error: that is no sandbox to work in.
  throw base::Error(base::FailureKind::host, "sandbox.cannot-enter",
                    "a trial of the sandbox did not end within a minute");
}

/// In a child, since a process that became root of a user namespace stays it. Empty when it worked.
std::string why_not(Rung rung) {
  const fs::TemporaryDirectory place = make_place();
  Channel channel = make_channel();
  const pid_t pid = ::fork();
  if (pid < 0) throw_cannot_enter("cannot fork for", "a trial");
  if (pid == 0) {
    process::restore_default_signals();
    channel.outside.reset();
    try {
      try_to_the_end(rung, place.path());
      send_record(channel.inside.get(), RecordKind::function_result, {});
    } catch (const std::exception& exception) {
      report_failure(channel.inside.get(), exception);
    }
    ::_exit(0);
  }
  const process::ChildProcess child(pid);
  channel.inside.reset();
  const auto record = RecordReader(channel.outside.get()).receive(Waiting::blocking);
  if (!record) return "the trial was killed";
  if (record->kind == RecordKind::function_result) return {};
  try {
    throw_decoded(record->payload);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

} // namespace

std::optional<Refusal> try_rung(Rung rung) {
  std::string reason = why_not(rung);
  if (reason.empty()) return std::nullopt;
  const RefusalCause cause = find_cause_of_refusal(reason);
  return Refusal{.reason = reason + "; " + cause.what, .remedy = cause.remedy};
}

HostAbilities probe() {
  HostAbilities abilities;
  abilities.is_root = ability(is_root());
  abilities.user_namespaces = ability(works_in_child([] { return ::unshare(CLONE_NEWUSER) == 0; }));
  abilities.subordinate_ids = ability(has_subordinate_ids());
  abilities.private_binfmt_misc = ability(works_in_child([] {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    make_mount("binfmt_misc", {}, 0);
    return true;
  }));
  if (auto refusal = try_rung(own_rung())) {
    abilities.reason = std::move(refusal->reason);
    abilities.remedy = std::move(refusal->remedy);
  }
  abilities.namespaces = ability(abilities.reason.empty());
  return abilities;
}

} // namespace imagewright::sandbox
