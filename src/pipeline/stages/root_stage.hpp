// SPDX-License-Identifier: MIT
#pragma once

// The installed root, from an earlier build where everything was the same.

#include <functional>
#include <optional>

#include <imagewright/model/root.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/root/known_content.hpp>
#include <imagewright/root/work_root.hpp>

#include "stage_cache.hpp"

namespace imagewright::pipeline {

/// A root with its packages, and digests of files in it.
struct MadeRoot {
  model::InstalledRoot installed;
  root::KnownContent known;
};

/// Lays out what was kept, or else has it installed and keeps it. `install` is told where to
/// report.
MadeRoot obtain_root(root::WorkRoot& root, const StageInputs& inputs, StageCache& cache,
                     const plan::Services& services,
                     const std::function<model::InstalledRoot(report::Reporter&)>& install);

} // namespace imagewright::pipeline
