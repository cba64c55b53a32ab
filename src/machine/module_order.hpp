// SPDX-License-Identifier: MIT
#pragma once

// Modules of a kernel before depmod(8) has seen them: what they depend on stands in themselves.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::machine {

/// Names with "_" for "-", as the kernel has them.
using Modules = std::map<std::string, std::string, std::less<>>;

/// "virtio_blk" for "/lib/modules/6.6.1/kernel/drivers/block/virtio-blk.ko"; empty for files that
/// are no modules.
std::string module_name(std::string_view path);

/// What a module says about itself: the values of "KEY=VALUE" in it.
std::vector<std::string> module_values(std::string_view content, std::string_view key);

/// The names of the wanted modules and of those that they need, each after what it needs. A module
/// that is not there is left out: it may be part of the kernel.
std::vector<std::string> module_order(const Modules& modules,
                                      const std::vector<std::string>& wanted);

} // namespace imagewright::machine
