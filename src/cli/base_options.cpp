// SPDX-License-Identifier: MIT
#include "base_options.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/plan/build_plan.hpp>

#include "config_file.hpp"
#include "image_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

void add_base_options(Command& command, BaseWords& words) {
  command.arguments.push_back({.names = {"--image"},
                               .value = "BASE",
                               .description = "The config is applied to this image, as customize "
                                              "does it, and nothing is composed",
                               .target = &words.image,
                               .completes = Completes::files});
  command.arguments.push_back(input_format_argument(words.format));
}

bool starts_from_image(const BaseWords& base, const PlanWords& plan,
                       const CommandContext& context) {
  if (!base.image.empty()) return true;
  try {
    return plan::load_config(plan_options_from(plan, context)).config.input.is_given();
  } catch (const base::InputError&) {
    return false; // of mistakes in the config is told by what reads it to work with it
  }
}

pipeline::CustomizeOptions customize_options_from(const BaseWords& base, const PlanWords& plan,
                                                  const CommandContext& context) {
  if (!plan.architectures.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "an image that exists is of the architecture that it is of",
                      "leave out --arch");
  }
  if (!base.image.empty()) input_file(base.image, "image");
  const plan::ResolveOptions resolve = resolve_options_from(plan, context);
  const bool is_locked = resolve.lock_use == plan::LockUse::required;
  return {.plan = plan_options_from(plan, context),
          .network = resolve.network,
          .base = base.image,
          .base_format = input_format_from(base.format),
          .epoch = resolve.epoch,
          .output_directory = {},
          .tool_version = k_version,
          .lock_use = is_locked ? plan::BaseLockUse::required : plan::BaseLockUse::when_fresh};
}

} // namespace imagewright::cli
