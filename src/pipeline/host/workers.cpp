// SPDX-License-Identifier: MIT
#include <vector>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/audit/comparison.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/finalize/initramfs_content.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/install/install.hpp>
#include <imagewright/lint/lint.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/measure/measure.hpp>
#include <imagewright/origin/base_image.hpp>
#include <imagewright/pipeline/workers.hpp>
#include <imagewright/repo/worker_jobs.hpp>
#include <imagewright/resolve/resolve.hpp>
#include <imagewright/sandbox/worker.hpp>
#include <imagewright/tree/label.hpp>
#include <imagewright/upload/upload.hpp>

#include "pipeline/machine/customize_job.hpp"
#include "pipeline/machine/inject_in_machine.hpp"
#include "pipeline/machine/machine_job.hpp"

namespace imagewright::pipeline {

std::vector<sandbox::WorkerJob> worker_jobs() {
  std::vector<sandbox::WorkerJob> jobs;
  for (const auto& of_module :
       {install::worker_jobs(), tree::worker_jobs(), image::worker_jobs(), inspect::worker_jobs(),
        measure::worker_jobs(), audit::worker_jobs(), lint::worker_jobs(), repo::worker_jobs(),
        resolve::worker_jobs(), finalize::worker_jobs(), advisory::worker_jobs(),
        origin::worker_jobs(), upload::worker_jobs(), container::worker_jobs()})
    jobs.insert(jobs.end(), of_module.begin(), of_module.end());
  return jobs;
}

std::optional<int> run_worker_if_asked(int argument_count, char** arguments) {
  static constexpr machine::GuestJob k_guest_jobs[] = {
      {.name = k_compose_root_job, .run = &compose_root_inside},
      {.name = k_customize_job, .run = &customize_inside},
      {.name = k_inject_job, .run = &inject_inside}};
  machine::run_guest_if_asked(argument_count, arguments, k_guest_jobs);
  return sandbox::run_worker_if_asked(argument_count, arguments, worker_jobs());
}

} // namespace imagewright::pipeline
