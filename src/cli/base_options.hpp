// SPDX-License-Identifier: MIT
#pragma once

// The options of the commands that apply a config to an image that exists.

#include <string>

#include <imagewright/pipeline/customize.hpp>

#include "command.hpp"
#include "plan_options.hpp"

namespace imagewright::cli {

/// As typed.
struct BaseWords {
  std::string image; ///< empty: none
  std::string format;
};

/// `--image` and `--input-format`, for commands that are about composing without them.
void add_base_options(Command& command, BaseWords& words);

/// Whether the config is applied to an image: one that the command line names, or that the config
/// does with `input.image`. A config with mistakes does not say so. Throws base::Error.
bool starts_from_image(const BaseWords& base, const PlanWords& plan, const CommandContext& context);

/// Honours CI and SOURCE_DATE_EPOCH of the environment. Throws base::Error (cli.usage, …) when a
/// word does not fit.
pipeline::CustomizeOptions customize_options_from(const BaseWords& base, const PlanWords& plan,
                                                  const CommandContext& context);

} // namespace imagewright::cli
