// SPDX-License-Identifier: MIT
#pragma once

// Whether the kernel gets its command line as it is written.

#include <vector>

#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

/// Complains about words that the kernel or the boot loader would change, and about a line that is
/// longer than what the kernel keeps of it.
void refuse_unfit_command_line(const PolicyInput& input,
                               const std::vector<model::KernelArgument>& arguments,
                               base::Diagnostics& diagnostics);

} // namespace imagewright::policy
