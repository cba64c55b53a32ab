// SPDX-License-Identifier: MIT
#pragma once

// A virtual machine for a person: on its console, or through SSH. Nothing is checked, and nothing
// that the guest writes stays.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/boot/boot_request.hpp>
#include <imagewright/process/command_runner.hpp>

namespace imagewright::boot {

enum class SessionKind : std::uint8_t {
  console, ///< the guest's serial console is this terminal
  ssh,     ///< the machine runs until it is stopped; `announce` gets the command to log in with
  shell,   ///< logs in as root, and stops the machine when that shell ends
};

struct SessionRequest {
  SessionKind kind = SessionKind::console;
  std::uint16_t port = 0; ///< of this host, for SSH; 0: one that is free
  /// Gets what a person should read, once.
  std::function<void(const std::string& text)> announce;
};

/// The QEMU command that boots the image on this terminal, for people to copy. Throws base::Error
/// (boot.firmware-missing).
std::vector<std::string> session_command(const BootRequest& request);

/// Runs until the machine, or the shell in it, ends; gives that exit code. For SSH a key is made
/// for this session alone and handed to the guest as a systemd credential
/// (systemd.system-credentials(7): ssh.authorized_keys.root), so that nothing of the image changes.
/// Throws base::Error (boot.…, process.…) and base::Cancelled; the machine is gone in either case.
int run_session(const BootRequest& request, const SessionRequest& session,
                process::CommandRunner& runner, const base::Cancellation& cancellation);

} // namespace imagewright::boot
