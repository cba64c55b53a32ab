// SPDX-License-Identifier: MIT
#pragma once

// Why a host refuses namespaces and mounts, in the words of whoever can change it.

#include <string>
#include <string_view>

namespace imagewright::sandbox {

struct RefusalCause {
  std::string what;
  std::string remedy; ///< one that works in that place
};

/// What of the host's settings refuses, as far as they can be read and fit what was said: the first
/// of them.
RefusalCause find_cause_of_refusal(std::string_view reason);

} // namespace imagewright::sandbox
