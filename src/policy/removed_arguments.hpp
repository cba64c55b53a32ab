// SPDX-License-Identifier: MIT
#pragma once

// Arguments of the release that a config leaves out.

#include <vector>

#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

/// The entry of `os.kernelCommandLine.remove` for an argument of the release, of its platform or of
/// the architecture; null: it stays.
const model::LocatedText* find_removal(const model::ImageConfig& config,
                                       const model::KernelArgument& argument);

/// Entries that remove nothing on any architecture or platform of the release, and those that want
/// away what a policy decides.
base::Diagnostics refuse_vain_removals(const PolicyInput& input,
                                       const std::vector<model::KernelArgument>& arguments);

} // namespace imagewright::policy
