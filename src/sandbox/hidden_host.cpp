// SPDX-License-Identifier: MIT
#include "hidden_host.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "mount_api.hpp"
#include "process_files.hpp"
#include "process_watch.hpp"

namespace imagewright::sandbox {

namespace {

constexpr MountAttributes k_closed =
    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;

/// What tells about the host: its keys, log, hardware and timers.
constexpr std::array k_hidden_files{"/proc/keys",        "/proc/key-users",     "/proc/kcore",
                                    "/proc/kmsg",        "/proc/timer_list",    "/proc/sched_debug",
                                    "/proc/interrupts",  "/proc/latency_stats", "/proc/kallsyms",
                                    "/proc/vmallocinfo", "/proc/slabinfo",      "/proc/iomem",
                                    "/proc/ioports",     "/proc/pagetypeinfo",  "/proc/kpagecount",
                                    "/proc/kpageflags",  "/proc/kpagecgroup"};
constexpr std::array k_hidden_directories{"/proc/acpi",        "/proc/scsi",
                                          "/proc/asound",      "/sys/firmware",
                                          "/sys/kernel/debug", "/sys/devices/virtual/powercap",
                                          "/sys/kernel/slab",  "/sys/devices/virtual/dmi"};
/// Below it stand registers of the host's devices, which root may map into its memory, also where
/// nothing can be written.
constexpr const char* k_devices = "/sys/devices";
constexpr std::string_view k_registers = "pci";

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

namespace {

void hide_directory(const char* path) {
  attach(make_mount("tmpfs", {{"mode", "0555"}}, k_closed), path);
}

} // namespace

void hide_host() {
  for (const char* path : k_hidden_files) {
    if (::access(path, F_OK) != 0) continue;
    attach(clone_mount("/dev/null"), path);
  }
  for (const char* path : k_hidden_directories) {
    if (::access(path, F_OK) != 0) continue;
    hide_directory(path);
  }
  std::vector<std::string> buses;
  const Directory devices(::opendir(k_devices));
  while (const dirent* entry = devices ? ::readdir(devices.get()) : nullptr) {
    if (std::string_view(entry->d_name).starts_with(k_registers))
      buses.push_back(fmt::format("{}/{}", k_devices, entry->d_name));
  }
  for (const std::string& path : buses)
    hide_directory(path.c_str());
}

} // namespace imagewright::sandbox
