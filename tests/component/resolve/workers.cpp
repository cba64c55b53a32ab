// SPDX-License-Identifier: MIT
#include <vector>

#include <imagewright_test/workers.hpp>

#include <imagewright/repo/worker_jobs.hpp>
#include <imagewright/resolve/resolve.hpp>

std::optional<int> imagewright_test::run_worker_if_asked(int argument_count, char** arguments) {
  std::vector<imagewright::sandbox::WorkerJob> jobs;
  for (const auto& of_module :
       {imagewright::repo::worker_jobs(), imagewright::resolve::worker_jobs()})
    jobs.insert(jobs.end(), of_module.begin(), of_module.end());
  return imagewright::sandbox::run_worker_if_asked(argument_count, arguments, jobs);
}
