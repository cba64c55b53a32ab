// SPDX-License-Identifier: MIT
#pragma once

// What customizing an image would do, as far as the config alone says.

#include <filesystem>
#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// A config that asks for nothing that customizing cannot do.
struct CustomizePlan {
  /// With outputs; architecture and release are those of the base, which is not known yet.
  BuildPlan plan;
  std::filesystem::path base; ///< `input.image.path`; empty: the command line has to say
  base::Diagnostics warnings;
};

/// Reads the config. Throws base::InputError with every mistake and every key that cannot be
/// honoured.
CustomizePlan plan_customize(const PlanOptions& options);

/// What of the base decides what is done to it.
struct BaseFacts {
  const model::Architecture& architecture;
  base::Digest digest; ///< of the disk
  base::Uuid disk_uuid;
  base::Epoch epoch;
  bool has_selinux = false;     ///< it runs with SELinux
  bool can_keep_history = true; ///< /usr can be written
};

/// How the root of a base becomes what the config asks for. `inputs` is a digest over everything
/// that the config is made of and names. Throws base::InputError when the config is for other
/// architectures.
finalize::FinalizePlan customize_root_plan(const CustomizePlan& plan, const BaseFacts& facts,
                                           const base::Digest& inputs,
                                           const std::string& tool_version);

} // namespace imagewright::plan
