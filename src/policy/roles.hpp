// SPDX-License-Identifier: MIT
#pragma once

// Packages by the role that they play in a release.

#include <optional>
#include <string>

#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

/// Requests the packages of a role; a role that the release lacks is an error that names it.
/// `wanted_by` says who needs it, at `where`.
void request_role(PolicyPart& part, const PolicyInput& input, const std::string& role,
                  const std::string& wanted_by, const base::SourceLocation& where);

/// The baseline's entry for a subject, or null.
const model::BaselineEntry* find_baseline(const model::ReleaseProfile& release,
                                          const std::string& subject);

/// What `-NAME` in the config's list of roles leaves out; empty for other words.
std::string left_out_role(const model::LocatedText& word);

/// Is this base role left out by the config?
bool is_left_out(const PolicyInput& input, const std::string& role);

/// Mistakes in what the config leaves out: words that are no base roles.
base::Diagnostics check_left_out_roles(const PolicyInput& input);

/// Does the image have a package of this role, by the base roles or by the user's list?
bool has_role(const PolicyInput& input, const std::string& role);

/// Is the kernel a unified image that a package brings?
bool has_packaged_kernel(const PolicyInput& input);

/// "platform azure of release workbench", for an input with a platform.
std::string platform_origin(const PolicyInput& input);

} // namespace imagewright::policy
