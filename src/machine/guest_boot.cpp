// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "guest.hpp"
#include "initramfs.hpp"

namespace imagewright::machine {

namespace {

constexpr const char* k_inputs = "/dev/vda1";
constexpr const char* k_new_root = "/root";

/// Nobody but the console hears it; the machine ends, and who waits for its answer sees that.
[[noreturn]] void give_up(const char* what) {
  const std::string text = fmt::format("imagewright-machine: {}: {}\n", what, std::strerror(errno));
  // To the kernel's log, and so to the console, ignoring failures.
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) errno = 0;
  ::reboot(RB_AUTOBOOT);
  ::_exit(1);
}

void load_modules() {
  for (int index = 0;; ++index) {
    const std::string path = fmt::format("{}/{}.ko", k_guest_modules, index);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    // One that this processor has no use for says so; what is missing is seen by its absence.
    if (::syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST && errno != ENODEV)
      give_up(path.c_str());
    ::close(file);
  }
}

void wait_for(const char* device) {
  constexpr int k_attempts = 600;
  constexpr useconds_t k_pause = 50'000;
  for (int attempt = 0; attempt < k_attempts; ++attempt) {
    if (::access(device, F_OK) == 0) return;
    ::usleep(k_pause);
  }
  give_up("the disk of inputs does not appear; the kernel lacks virtio_blk or virtio_pci");
}

/// A filesystem of the first files cannot be left by pivot_root(2), so another one is moved over
/// it.
void go_over() {
  if (::mount(k_inputs, k_new_root, "ext4", MS_RDONLY | MS_NODEV | MS_NOSUID, nullptr) != 0)
    give_up("cannot mount the disk of inputs");
  if (::mount("/dev", "/root/dev", nullptr, MS_MOVE, nullptr) != 0 ||
      ::mount("/proc", "/root/proc", nullptr, MS_MOVE, nullptr) != 0 || ::chdir(k_new_root) != 0 ||
      ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0)
    give_up("cannot go over to the disk of inputs");
}

} // namespace

void boot_guest() {
  // Both are made by the kernel that is asked for them: nothing of a host is in there.
  ::mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, nullptr);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    give_up("cannot mount /proc");
  load_modules();
  wait_for(k_inputs);
  std::string program(4096, '\0');
  const ssize_t length = ::readlink("/init", program.data(), program.size() - 1);
  if (length <= 0) give_up("cannot read /init");
  program.resize(static_cast<std::size_t>(length));
  go_over();
  const char* const arguments[] = {"imagewright-machine", k_guest_argument, k_serve_role, nullptr};
  const char* const environment[] = {nullptr};
  ::execve(program.c_str(), const_cast<char* const*>(arguments),
           const_cast<char* const*>(environment));
  give_up("cannot start the program again");
}

} // namespace imagewright::machine
