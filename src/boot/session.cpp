// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/boot/session.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/process/attached_process.hpp>

#include "boot/firmware.hpp"
#include "boot/qemu_arguments.hpp"

namespace imagewright::boot {

namespace {

/// A TCP socket for an address of this host alone.
class LocalSocket {
public:
  LocalSocket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (!fd_)
      base::throw_system_error("boot.no-port", "cannot make a socket for", "127.0.0.1", errno);
  }

  int fd() const { return fd_.get(); }

  static sockaddr_in address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

private:
  fs::UniqueFd fd_;
};

/// The wanted port, or one that nobody uses now.
std::uint16_t find_port(std::uint16_t wanted) {
  const LocalSocket socket;
  sockaddr_in address = LocalSocket::address(wanted);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.fd(), generic, size) != 0 || ::getsockname(socket.fd(), generic, &size) != 0) {
    base::throw_system_error("boot.no-port", "cannot use the port",
                             fmt::format("127.0.0.1:{}", wanted), errno);
  }
  return ntohs(address.sin_port);
}

/// Whether an SSH server greets (RFC 4253, section 4.2): QEMU takes connections long before.
bool is_greeted(std::uint16_t port) {
  const LocalSocket socket;
  struct timeval patience {};
  patience.tv_sec = 2;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address = LocalSocket::address(port);
  if (::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return false;
  char greeting[4] = {};
  return ::recv(socket.fd(), greeting, sizeof greeting, MSG_WAITALL) == sizeof greeting &&
         std::string_view(greeting, sizeof greeting) == "SSH-";
}

/// What the machine of one kind of session has of its own.
struct SessionParts {
  std::string serial;                  ///< the argument of -serial
  std::vector<std::string> console;    ///< before it
  std::string forwarding;              ///< ",hostfwd=…"
  std::vector<std::string> credential; ///< arguments
};

std::string drive_of(const BootRequest& request) {
  const std::string driver = block_driver(request.format);
  std::string options = "if=none,id=disk,driver=" + driver;
  if (driver == "vpc") options += ",force_size_calc=current_size";
  return options +
         ",file.filename=" + option_value(std::filesystem::absolute(request.image).string()) +
         ",snapshot=on";
}

std::vector<std::string> firmware_words(const BootRequest& request) {
  if (request.firmware != Firmware::uefi) return {};
  const auto firmware = require_firmware(request.architecture);
  return {"-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + option_value(firmware.code),
          "-drive",
          "if=pflash,unit=1,format=raw,snapshot=on,file=" + option_value(firmware.variables)};
}

std::vector<std::string> machine_with(const BootRequest& request, const SessionParts& parts) {
  std::vector<std::string> words{request.architecture.qemu.program, "-machine",
                                 request.architecture.qemu.machine};
  const auto add = [&](const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  add(processor_arguments(request));
  add({"-nodefaults", "-no-user-config", "-display", "none"});
  add(firmware_words(request));
  add({"-drive", drive_of(request), "-device", "virtio-blk-pci,drive=disk,bootindex=0"});
  add({"-device", "virtio-rng-pci", "-netdev", "user,id=network" + parts.forwarding, "-device",
       "virtio-net-pci,netdev=network,romfile="});
  add(parts.console);
  add({"-serial", parts.serial});
  add(parts.credential);
  add(seed_arguments(request));
  return words;
}

/// A key that lives as long as the session.
std::filesystem::path make_key(const std::filesystem::path& directory,
                               process::CommandRunner& runner) {
  const std::filesystem::path key = directory / "key";
  process::Command command;
  command.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "imagewright boot", "-f"};
  command.argv.push_back(key.string());
  command.description = "make a key for this session";
  process::require_success(runner.run(command));
  return key;
}

std::vector<std::string> login_command(const std::filesystem::path& key, std::uint16_t port) {
  return {"ssh",
          "-i",
          key.string(),
          "-p",
          std::to_string(port),
          "-o",
          "StrictHostKeyChecking=no",
          "-o",
          "UserKnownHostsFile=/dev/null",
          "-o",
          "IdentitiesOnly=yes",
          "-o",
          "LogLevel=ERROR",
          "root@127.0.0.1"};
}

void wait_for_greeting(const BootRequest& request, std::uint16_t port,
                       process::AttachedProcess& machine, const base::Cancellation& cancellation) {
  constexpr std::chrono::milliseconds k_pause{500};
  const auto deadline = std::chrono::steady_clock::now() + request.timeout;
  while (!is_greeted(port)) {
    cancellation.check();
    const bool has_ended = machine.wait_for(k_pause).has_value();
    if (!has_ended && std::chrono::steady_clock::now() < deadline) continue;
    throw base::Error(
        base::FailureKind::verification, "boot.no-ssh",
        has_ended ? "the machine ended before its SSH server answered"
                  : fmt::format("no SSH server answered within {} s", request.timeout.count()),
        "the image needs an SSH server that is enabled and a network that is "
        "configured by DHCP; what it said is in " +
            request.serial_log.string());
  }
}

int run_with_ssh(const BootRequest& request, const SessionRequest& session,
                 process::CommandRunner& runner, const base::Cancellation& cancellation) {
  const fs::TemporaryDirectory directory(std::filesystem::absolute(request.work_directory),
                                         "imagewright-session-");
  const std::filesystem::path key = make_key(directory.path(), runner);
  const std::uint16_t port = find_port(session.port);
  const std::string public_key = fs::read_file(key.string() + ".pub");
  process::AttachedProcess machine(
      machine_with(request,
                   {.serial = "file:" + option_value(request.serial_log.string()),
                    .forwarding = fmt::format(",hostfwd=tcp:127.0.0.1:{}-:22", port),
                    .credential = credential_arguments("ssh.authorized_keys.root", public_key)}),
      process::Attachment::silent);
  const std::vector<std::string> login = login_command(key, port);
  session.announce(base::shell_command(login));
  if (session.kind == SessionKind::ssh) return machine.wait(cancellation);
  wait_for_greeting(request, port, machine, cancellation);
  return process::AttachedProcess(login, process::Attachment::terminal).wait(cancellation);
}

} // namespace

std::vector<std::string> session_command(const BootRequest& request) {
  return machine_with(request, {.serial = "chardev:console",
                                .console = {"-chardev", "stdio,id=console,mux=on,signal=off",
                                            "-mon", "chardev=console,mode=readline"}});
}

int run_session(const BootRequest& request, const SessionRequest& session,
                process::CommandRunner& runner, const base::Cancellation& cancellation) {
  if (session.kind != SessionKind::console)
    return run_with_ssh(request, session, runner, cancellation);
  session.announce("Ctrl-A x ends the machine, Ctrl-A c is QEMU's own prompt");
  return process::AttachedProcess(session_command(request), process::Attachment::terminal)
      .wait(cancellation);
}

} // namespace imagewright::boot
