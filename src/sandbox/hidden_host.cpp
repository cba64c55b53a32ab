// SPDX-License-Identifier: MIT
#include "hidden_host.hpp"

#include <array>
#include <cstdio>
#include <string>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "mount_api.hpp"
#include "process_watch.hpp"

namespace imagewright::sandbox {

namespace {

constexpr MountAttributes k_closed =
    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;

/// What tells about the host: its keys, log, hardware and timers.
constexpr std::array k_hidden_files{"/proc/keys",       "/proc/key-users",     "/proc/kcore",
                                    "/proc/kmsg",       "/proc/timer_list",    "/proc/sched_debug",
                                    "/proc/interrupts", "/proc/latency_stats", "/proc/kallsyms",
                                    "/proc/vmallocinfo"};
constexpr std::array k_hidden_directories{"/proc/acpi",        "/proc/scsi",
                                          "/proc/asound",      "/sys/firmware",
                                          "/sys/kernel/debug", "/sys/devices/virtual/powercap"};

} // namespace

/// Since Linux 6.14 a process namespace has a limit of its own for numbers of processes and
/// threads. Before that it is the whole machine's: then nothing is written, and the watch over
/// processes is all there is.
void limit_process_numbers() {
  utsname kernel{};
  unsigned major = 0;
  unsigned minor = 0;
  if (::uname(&kernel) != 0 || std::sscanf(kernel.release, "%u.%u", &major, &minor) != 2) return;
  if (major < 6 || (major == 6 && minor < 14)) return;
  const fs::UniqueFd limit(::open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC));
  const std::string number = fmt::format("{}\n", k_process_limit);
  // Where /proc/sys cannot be written, as in some containers, the watch has to do, ignoring.
  if (limit) (void)!::write(limit.get(), number.data(), number.size());
}

void hide_host() {
  for (const char* path : k_hidden_files) {
    if (::access(path, F_OK) != 0) continue;
    attach(clone_mount("/dev/null"), path);
  }
  for (const char* path : k_hidden_directories) {
    if (::access(path, F_OK) != 0) continue;
    attach(make_mount("tmpfs", {{"mode", "0555"}}, k_closed), path);
  }
}

} // namespace imagewright::sandbox
