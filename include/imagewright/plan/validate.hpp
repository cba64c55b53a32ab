// SPDX-License-Identifier: MIT
#pragma once

// Mistakes of a config, with a choice of what is looked at.

#include <string_view>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// As validate_config(options); `load_options` say whether files must exist that the config names.
base::Diagnostics validate_config(const PlanOptions& options,
                                  const config::LoadOptions& load_options);

/// The same of a config that stands in no file: `options.config` only names the text, and paths in
/// it are relative to the directory of that name.
base::Diagnostics validate_config_text(std::string_view text, const PlanOptions& options,
                                       const config::LoadOptions& load_options = {});

} // namespace imagewright::plan
