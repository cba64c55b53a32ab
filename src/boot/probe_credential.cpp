// SPDX-License-Identifier: MIT
#include "boot/probe_credential.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/base64.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

#include "boot/guest_script.hpp"

namespace imagewright::boot {

namespace {

constexpr std::size_t k_sector = 4096;

std::string unit() {
  return guest_unit_with(fmt::format("/bin/sh /dev/disk/by-id/virtio-{}", k_questions_serial));
}

/// systemd is told of a unit by a device: when its event comes, every unit has been loaded that
/// the start of the system needs. The null device is in every guest, and no unit of systemd yet.
std::string device_rule() {
  return fmt::format(
      "SUBSYSTEM==\"mem\", KERNEL==\"null\", TAG+=\"systemd\", ENV{{SYSTEMD_WANTS}}+=\"{0}\"\n"
      "SUBSYSTEM==\"block\", ENV{{ID_SERIAL}}==\"{1}\", ENV{{SYSTEMD_WANTS}}+=\"{0}\"\n",
      k_unit_name, k_questions_serial);
}

/// QEMU takes its monitor's commands from NAME.in, and answers in NAME.out.
constexpr const char* k_monitor = "monitor";

} // namespace

Reminder::Reminder(const std::filesystem::path& directory) {
  for (const char* end : {".in", ".out"}) {
    const std::filesystem::path path = directory / (std::string(k_monitor) + end);
    if (::mkfifo(path.c_str(), 0600) != 0)
      base::throw_system_error("boot.cannot-carry-probe", "cannot make", path.string(), errno);
  }
  // For both directions: neither side waits until the other has come.
  const std::filesystem::path commands = directory / (std::string(k_monitor) + ".in");
  commands_ = fs::UniqueFd(::open(commands.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!commands_)
    base::throw_system_error("boot.cannot-carry-probe", "cannot open", commands.string(), errno);
}

std::vector<std::string> Reminder::arguments(const std::filesystem::path& directory) {
  return {"-chardev",
          fmt::format("pipe,id=monitor,path={}", option_value((directory / k_monitor).string())),
          "-mon", "chardev=monitor,mode=readline"};
}

void Reminder::remind() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < pause_) return;
  last_ = now;
  // A slow guest has enough to do with its own devices.
  pause_ += pause_ / 2;
  const std::string line = fmt::format("block_resize questions {}M\n", ++mebibytes_);
  // A monitor that does not read has enough to do.
  (void)!::write(commands_.get(), line.data(), line.size());
}

std::string probe_tmpfiles() {
  return fmt::format("f+~ /run/systemd/system/{} 0644 - - - {}\n"
                     "f+~ /run/udev/rules.d/99-imagewright-probe.rules 0644 - - - {}\n"
                     "w /sys/class/mem/null/uevent - - - - change\n",
                     k_unit_name, base::to_base64(unit()), base::to_base64(device_rule()));
}

void make_probe_beside(const BootRequest& request, const std::filesystem::path& directory,
                       MachineFiles& files, process::CommandRunner& runner) {
  files.overlay = directory / "overlay.qcow2";
  process::Command command;
  command.argv = overlay_arguments(request, files.overlay);
  command.description = "make an overlay of the image";
  command.working_directory = directory;
  (void)process::require_success(runner.run(command));
  std::string script =
      guest_script(request.checks, {.serial_console = request.architecture.serial_console,
                                    .patience = request.timeout / 2}) +
      "exit\n";
  // A shell passes over empty lines, and not over zeros. It has ended before those that a larger
  // disk has.
  script.resize(script.size() + k_sector - script.size() % k_sector, '\n');
  files.questions = directory / "questions.raw";
  fs::write_file_atomically(files.questions, script);
}

} // namespace imagewright::boot
