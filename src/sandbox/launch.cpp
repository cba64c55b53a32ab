// SPDX-License-Identifier: MIT
#include "launch.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "anew.hpp"
#include "mount_api.hpp"
#include "user_namespace.hpp"

namespace imagewright::sandbox {

namespace {

enum class UserNamespace : std::uint8_t { shared, own };

UserNamespace needed_user_namespace(const SandboxOptions& options) {
  const bool needs_table = options.emulator && !options.emulator->magic.empty();
  return is_root() && may_administrate() && !needs_table ? UserNamespace::shared
                                                         : UserNamespace::own;
}

/// A request that cannot be handed over has a reader that is gone; why is among its records.
void ask(int channel, const Inside& inside) {
  try {
    send_record(channel, RecordKind::request, encode(inside));
  } catch (const base::Error&) {
    RecordReader reader(channel);
    while (const auto record = reader.receive(Waiting::blocking))
      throw_if_setup_failed(*record);
    throw_died("it had begun");
  }
}

} // namespace

Launched launch(const SandboxOptions& options, LaunchRequest request) {
  auto mount_points = std::make_unique<MountPoints>(options);
  Channel channel = make_channel();
  const UserNamespace user_namespace = needed_user_namespace(options);
  const bool is_limited = user_namespace == UserNamespace::own || is_in_user_namespace();
  const Supervision supervision =
      is_limited && !options.metadata_record.empty() ? Supervision::needed : Supervision::none;
  const bool is_own = user_namespace == UserNamespace::own;
  const pid_t pid = start_anew({.role = k_sandbox_role,
                                .streams = request.streams,
                                .channel = channel.inside.get(),
                                .descriptors = std::move(request.descriptors),
                                .before = is_own ? &enter_own_user_namespace : nullptr});
  Launched launched{std::move(mount_points), std::move(channel.outside),
                    process::ChildProcess(pid, process::Ending::ask)};
  channel.inside.reset();
  if (is_own) answer_id_maps(launched.channel.get(), pid, IdMaps::many);
  ask(launched.channel.get(), {options, supervision, std::move(request.work)});
  return launched;
}

void throw_if_setup_failed(const Record& record, const KnownFile& is_known) {
  if (record.kind == RecordKind::setup_failed || record.kind == RecordKind::function_failed)
    throw_decoded(record.payload, is_known);
  if (record.kind != RecordKind::not_started || record.payload.size() < sizeof(int)) return;
  std::memcpy(&errno, record.payload.data(), sizeof(int));
  throw_cannot_enter("cannot " + record.payload.substr(sizeof(int)), "a worker");
}

void throw_died(const std::string& what, std::optional<std::uint64_t> memory_kills) {
  throw_killed("sandbox.call-died", "the processes of a sandbox were killed before " + what,
               memory_kills);
}

} // namespace imagewright::sandbox
