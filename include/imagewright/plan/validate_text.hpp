// SPDX-License-Identifier: MIT
#pragma once

// Mistakes of a config that stands in no file.

#include <string_view>

#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// As validate_config: `options.config` only names the text, and paths in it are relative to the
/// directory of that name.
base::Diagnostics validate_config_text(std::string_view text, const PlanOptions& options);

} // namespace imagewright::plan
