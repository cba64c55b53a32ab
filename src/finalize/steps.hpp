// SPDX-License-Identifier: MIT
#pragma once

// The steps, each in a file of its name under steps/. The order is in finalize.cpp.

#include "context.hpp"

namespace imagewright::finalize::steps {

void machine_identity(const Context& context);
void hostname(const Context& context);
void locale(const Context& context);
void resolver(const Context& context);
void accounts(const Context& context);
void mounts(const Context& context);
void policy_files(const Context& context);
void added_directories(const Context& context);
void added_files(const Context& context);
void sysctl(const Context& context);
void kernel_modules(const Context& context);
void units(const Context& context);
void release_file(const Context& context);
void post_scripts(const Context& context);
void kernels(const Context& context);
void initramfs(const Context& context);
void boot_loader(const Context& context);
void final_scripts(const Context& context);
void tidy(const Context& context);

} // namespace imagewright::finalize::steps
