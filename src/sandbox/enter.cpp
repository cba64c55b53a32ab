// SPDX-License-Identifier: MIT
#include "enter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "binary_formats.hpp"
#include "hidden_host.hpp"
#include "mount_api.hpp"
#include "mount_points.hpp"

namespace imagewright::sandbox {

namespace {

constexpr MountAttributes k_plain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
constexpr std::array k_devices{"null", "zero", "full", "random", "urandom", "tty"};
/// Settings and switches of the whole machine, which root could write.
constexpr std::array k_read_only_proc{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
                                      "/proc/fs"};

/// Mounts that can only be made while the host's files are still in sight.
struct Prepared {
  fs::UniqueFd root;
  fs::UniqueFd proc;
  fs::UniqueFd sys; ///< none when the host does not allow it
  std::vector<fs::UniqueFd> devices;
  std::vector<fs::UniqueFd> binds;
};

fs::UniqueFd prepare_sys() {
  try {
    return make_mount("sysfs", {}, k_plain | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
  } catch (const base::Error&) {
    // Inside some containers neither is allowed; programs of packages do without /sys, ignoring.
    return {};
  }
}

/// Containers hide parts of /proc, and the kernel then allows no new one that would show them.
/// Theirs has other process numbers, but each process finds itself in it all the same.
fs::UniqueFd prepare_proc() {
  try {
    return make_mount("proc", {}, k_plain | MOUNT_ATTR_NOEXEC);
  } catch (const base::Error&) {
    return clone_mounts("/proc");
  }
}

fs::UniqueFd prepare_bind(const BindMount& bind) {
  fs::UniqueFd mount = clone_mount(bind.source.string());
  set_attributes(mount, k_plain | (bind.access == BindAccess::read_only ? MOUNT_ATTR_RDONLY : 0));
  return mount;
}

Prepared prepare(const SandboxOptions& options) {
  Prepared prepared;
  prepared.root = clone_mount(options.root.string());
  // Device files of packages exist and cannot be opened.
  set_attributes(prepared.root, MOUNT_ATTR_NODEV);
  prepared.proc = prepare_proc();
  prepared.sys = prepare_sys();
  for (const char* device : k_devices) {
    prepared.devices.push_back(clone_mount(std::string("/dev/") + device));
    // Read-only: the device works as ever, its owner and mode on the host cannot be changed.
    set_attributes(prepared.devices.back(),
                   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
  }
  for (const BindMount& bind : options.bind_mounts)
    prepared.binds.push_back(prepare_bind(bind));
  return prepared;
}

bool is_file(const std::string& path, const struct stat& wanted) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && found.st_dev == wanted.st_dev &&
         found.st_ino == wanted.st_ino;
}

/// Of a descriptor's name what leads to the file here: where a root was entered by chroot, names in
/// the mounts that were left begin further up.
std::string name_here(std::string name, const struct stat& file) {
  for (std::size_t slash = 0; slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (is_file(name.substr(slash), file)) return name.substr(slash);
  }
  return name;
}

/// A descriptor belongs to the mounts of the process that opened it, of which no view can be made:
/// the same file is looked up among those of this one.
void protect_descriptor(int descriptor) {
  struct stat given {};
  if (::fstat(descriptor, &given) != 0) throw_cannot_enter("cannot look at", "a descriptor");
  if (!S_ISDIR(given.st_mode) && !S_ISREG(given.st_mode)) return;
  std::error_code error;
  const std::string path = name_here(
      std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", descriptor), error).string(),
      given);
  if (error) {
    errno = error.value();
    throw_cannot_enter("cannot protect", "a descriptor");
  }
  const fs::UniqueFd view = clone_mount(path);
  struct stat seen {};
  if (::fstat(view.get(), &seen) != 0 || seen.st_dev != given.st_dev ||
      seen.st_ino != given.st_ino) {
    errno = ESTALE;
    throw_cannot_enter("cannot protect", path);
  }
  set_attributes(view, k_plain | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
  const fs::UniqueFd readable(
      ::open(fmt::format("/proc/self/fd/{}", view.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable || ::dup3(readable.get(), descriptor, O_CLOEXEC) < 0)
    throw_cannot_enter("cannot protect", path);
}

void pivot(const fs::UniqueFd& root, const std::string& path) {
  attach(root, path);
  if (!change_root_to(root)) throw_cannot_enter("cannot change the root to", path);
}

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) throw_cannot_enter("cannot make", path);
}

void make_file(const std::string& path) {
  const fs::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file) throw_cannot_enter("cannot make", path);
}

void make_link(const std::string& path, const char* target) {
  if (::symlink(target, path.c_str()) != 0) throw_cannot_enter("cannot make", path);
}

void mount_devices(const std::vector<fs::UniqueFd>& devices) {
  // Only the nodes that are put into it can be opened, none that a program makes there.
  attach(make_mount("tmpfs", {{"mode", "0755"}, {"size", "1m"}}, k_plain | MOUNT_ATTR_NOEXEC),
         "/dev");
  for (std::size_t index = 0; index < devices.size(); ++index) {
    const std::string path = std::string("/dev/") + k_devices[index];
    make_file(path);
    attach(devices[index], path);
  }
  make_directory("/dev/shm");
  attach(make_mount("tmpfs", {{"mode", "1777"}}, k_plain), "/dev/shm");
  make_directory("/dev/pts");
  attach(make_mount("devpts", {{"ptmxmode", "0666"}, {"mode", "0620"}},
                    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC),
         "/dev/pts");
  make_link("/dev/ptmx", "pts/ptmx");
  make_link("/dev/fd", "/proc/self/fd");
  make_link("/dev/stdin", "/proc/self/fd/0");
  make_link("/dev/stdout", "/proc/self/fd/1");
  make_link("/dev/stderr", "/proc/self/fd/2");
}

void mount_proc(const fs::UniqueFd& proc) {
  attach(proc, "/proc");
  limit_process_numbers();
  for (const char* path : k_read_only_proc) {
    if (::access(path, F_OK) != 0) continue;
    const fs::UniqueFd view = clone_mount(path);
    set_attributes(view, MOUNT_ATTR_RDONLY);
    attach(view, path);
  }
}

/// Targets on fresh filesystems are made here; the others stand in the image already.
void mount_bind(const BindMount& bind, const fs::UniqueFd& mount) {
  if (is_on_fresh_filesystem(bind.target)) {
    struct stat status {};
    if (::fstat(mount.get(), &status) != 0)
      throw_cannot_enter("cannot look at", bind.source.string());
    for (std::size_t slash = bind.target.find('/', 1); slash != std::string::npos;
         slash = bind.target.find('/', slash + 1)) {
      make_directory(bind.target.substr(0, slash));
    }
    if (S_ISDIR(status.st_mode)) {
      make_directory(bind.target);
    } else {
      make_file(bind.target);
    }
  }
  attach(mount, bind.target);
}

/// Best effort: without it only programs that talk to themselves over TCP fail.
void raise_loopback() {
  const fs::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  ::ioctl(socket.get(), SIOCSIFFLAGS, &request);
}

} // namespace

void protect_descriptors(int first, std::uint64_t count) {
  for (std::uint64_t index = 0; index < count; ++index)
    protect_descriptor(first + static_cast<int>(index));
}

Entered enter(const SandboxOptions& options) {
  make_mounts_private("a sandbox");
  Entered entered;
  if (options.emulator && !options.emulator->magic.empty()) {
    entered.binary_formats = make_mount("binfmt_misc", {}, k_plain | MOUNT_ATTR_NOEXEC);
    register_emulator(entered.binary_formats, *options.emulator);
  }
  const Prepared prepared = prepare(options);
  pivot(prepared.root, options.root.string());
  entered.bare_root = clone_mount("/");
  mount_proc(prepared.proc);
  if (prepared.sys) attach(prepared.sys, "/sys");
  mount_devices(prepared.devices);
  hide_host();
  attach(make_mount("tmpfs", {{"mode", "0755"}}, k_plain), "/run");
  attach(make_mount("tmpfs", {{"mode", "1777"}}, k_plain), "/tmp");
  for (std::size_t index = 0; index < prepared.binds.size(); ++index) {
    mount_bind(options.bind_mounts[index], prepared.binds[index]);
  }
  if (::sethostname(options.host_name.data(), options.host_name.size()) != 0) {
    throw_cannot_enter("cannot set the host name", options.host_name);
  }
  raise_loopback();
  return entered;
}

} // namespace imagewright::sandbox
