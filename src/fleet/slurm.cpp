// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/shell.hpp>

#include "engine_jobs.hpp"

namespace imagewright::fleet {

std::string slurm_script(const UnitList& list, const EngineRequest& request) {
  const UnitNeeds needs = largest_needs(list);
  // Exit codes: a build that failed (1) and a host that cannot (4) are tried once more, perhaps on
  // another node; of everything else another try would make the same. The number of one task's job
  // may be that of the whole array: a task is named by both numbers.
  return fmt::format(R"(#!/bin/bash
#SBATCH --job-name=imagewright
#SBATCH --array=0-{}
#SBATCH --cpus-per-task={}
#SBATCH --mem={}M
#SBATCH --requeue
#SBATCH --open-mode=append
# A unit for each task: SLURM_ARRAY_TASK_ID is its index. Submit in the checkout that the units were planned in.
set -u
mkdir -p out
imagewright build --units {} --output-dir out --progress plain
code=$?
case $code in
1 | 4) [ "${{SLURM_RESTART_COUNT:-0}}" -ge 1 ] || scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID" ;;
esac
exit $code
)",
                     list.units.size() - 1, needs.processors, needs.memory.bytes() >> 20U,
                     base::shell_word(request.units_file));
}

} // namespace imagewright::fleet
