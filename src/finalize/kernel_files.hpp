// SPDX-License-Identifier: MIT
#pragma once

// The files of a kernel in a root.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/model/policy.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::finalize {

/// Where every kernel has a directory of its release's name.
inline constexpr auto k_kernel_modules = "/usr/lib/modules";

/// The image of the kernel itself, where links to it lead; nothing when a directory of modules is
/// all that is there.
std::optional<std::string> find_kernel_image(const fs::RootDir& files, const std::string& release);

/// Makes the dependency lists that modprobe and dracut read. Those that a scriptlet made may be
/// older than the modules: packages add some, and compress others.
void make_module_lists(root::WorkRoot& root, const std::string& release);

/// Throws base::Error (finalize.missing-kernel-file) when a file is not beside the image.
void require_companions(const std::vector<model::KernelCompanion>& companions,
                        const fs::RootDir& files, const std::string& image);

} // namespace imagewright::finalize
