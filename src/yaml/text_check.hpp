// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::yaml {

/// The first byte that YAML text may not hold (YAML 1.2.2, section 5.1), as an error; nothing when
/// all are fine.
std::optional<base::Diagnostic> find_bad_text(std::string_view text, const std::string& file);

} // namespace imagewright::yaml
