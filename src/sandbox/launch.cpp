// SPDX-License-Identifier: MIT
#include "launch.hpp"

#include <cerrno>

#include <unistd.h>

#include <imagewright/base/error.hpp>

#include "error_codec.hpp"
#include "mount_api.hpp"
#include "user_namespace.hpp"

namespace imagewright::sandbox {

Launched launch(const SandboxOptions& options, const process::StandardStreams& streams,
                const Work& work) {
  auto mount_points = std::make_unique<MountPoints>(options);
  Channel channel = make_channel();
  const UserNamespace user_namespace = is_root() && may_administrate() && !options.emulator
                                           ? UserNamespace::shared
                                           : UserNamespace::own;
  const bool is_limited = user_namespace == UserNamespace::own || is_in_user_namespace();
  const Supervision supervision =
      is_limited && !options.metadata_record.empty() ? Supervision::needed : Supervision::none;
  const Inside inside{
      options, user_namespace, supervision, streams, channel.inside.get(), ::getpid(), work};
  const pid_t pid = ::fork();
  if (pid < 0) throw_cannot_enter("cannot fork for", options.root.string());
  if (pid == 0) keep(inside);
  Launched launched{std::move(mount_points), std::move(channel.outside),
                    process::ChildProcess(pid, process::Ending::ask)};
  channel.inside.reset();
  if (user_namespace == UserNamespace::own) answer_id_maps(launched.channel.get(), pid);
  return launched;
}

void throw_if_setup_failed(const Record& record) {
  if (record.kind == RecordKind::setup_failed || record.kind == RecordKind::function_failed) {
    throw_decoded(record.payload);
  }
}

void throw_died(const std::string& what) {
  throw base::Error(base::FailureKind::build, "sandbox.call-died",
                    "the processes of a sandbox were killed before " + what,
                    "the host may be out of memory; look at its kernel log");
}

} // namespace imagewright::sandbox
