// SPDX-License-Identifier: MIT
#pragma once

// Words of the kernel command line.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

/// The words of os.kernelCommandLine.extraCommandLine.
std::vector<model::KernelArgument> user_arguments(const model::ImageConfig& config);

/// What the release gives every image.
std::vector<model::KernelArgument> release_arguments(const PolicyInput& input);

/// "fips" of "fips=1"; the whole word when it has no value.
std::string key_of(const std::string& word);
/// "1" of "fips=1"; empty when it has none.
std::string value_of(const std::string& word);

/// The last word with that key that the user or, failing that, the release gives.
std::optional<model::KernelArgument> find_given_argument(const PolicyInput& input,
                                                         const std::string& key);

/// Adds the user's words and the release's to those of the parts, in the documented order. The
/// user's stand as they are; a word of the program gives way to an equal one, and one of the
/// release to a claim that it contradicts and, where order cannot count, to an equal one of the
/// user. A
/// user's word that contradicts a claim is an error with both positions, and so is a command line
/// that the kernel would not get as it is written.
SystemPolicyResult with_command_line(const PolicyInput& input, const std::vector<PolicyPart>& parts,
                                     const std::vector<ArgumentClaim>& claims);

} // namespace imagewright::policy
