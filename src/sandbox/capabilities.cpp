// SPDX-License-Identifier: MIT
#include "capabilities.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

constexpr std::array k_kept{
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,           CAP_KILL,
    CAP_SETGID, CAP_SETUID,       CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
    CAP_MKNOD,  CAP_AUDIT_WRITE,  CAP_SETFCAP};

} // namespace

void forbid_tracing() {
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) throw_cannot_enter("cannot hide", "a worker");
}

void drop_capabilities() {
  std::array<std::uint32_t, 2> kept{};
  for (const int capability : k_kept) {
    kept[static_cast<std::size_t>(capability) / 32] |= 1U
                                                       << (static_cast<unsigned>(capability) % 32);
  }
  // The kernel may know more capabilities than this program: up to the first that it does not know.
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (std::ranges::find(k_kept, capability) != k_kept.end()) continue;
    if (::prctl(PR_CAPBSET_DROP, capability) != 0)
      throw_cannot_enter("cannot drop", "a capability");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  for (std::size_t index = 0; index < sets.size(); ++index) {
    sets[index].effective = sets[index].permitted = kept[index];
  }
  if (::syscall(SYS_capset, &header, sets.data()) != 0)
    throw_cannot_enter("cannot drop", "capabilities");
  forbid_tracing();
}

void drop_all_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0)
    throw_cannot_enter("cannot drop", "capabilities");
  forbid_tracing();
}

} // namespace imagewright::sandbox
