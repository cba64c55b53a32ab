// SPDX-License-Identifier: MIT
#pragma once

// What this host can execute guests with.

#include <imagewright/boot/boot_request.hpp>

namespace imagewright::boot {

/// Whether /dev/kvm runs a guest: many hosts have the device and cannot. Tried once, which takes
/// this thread some 100 ms at most.
bool can_run_kvm_guest();

/// KVM when it runs guests and the image is of the host's architecture, else emulation.
Accelerator best_accelerator(const model::Architecture& architecture);

} // namespace imagewright::boot
