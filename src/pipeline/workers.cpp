// SPDX-License-Identifier: MIT
#include <vector>

#include <imagewright/install/install.hpp>
#include <imagewright/pipeline/workers.hpp>
#include <imagewright/sandbox/worker.hpp>
#include <imagewright/tree/label.hpp>

namespace imagewright::pipeline {

std::optional<int> run_worker_if_asked(int argument_count, char** arguments) {
  std::vector<sandbox::WorkerJob> jobs;
  // Every module that has jobs.
  for (const auto& of_module : {install::worker_jobs(), tree::worker_jobs()})
    jobs.insert(jobs.end(), of_module.begin(), of_module.end());
  return sandbox::run_worker_if_asked(argument_count, arguments, jobs);
}

} // namespace imagewright::pipeline
