// SPDX-License-Identifier: MIT
#include <imagewright_test/workers.hpp>

#include <imagewright/container/image.hpp>
#include <imagewright/sandbox/worker.hpp>

std::optional<int> imagewright_test::run_worker_if_asked(int argument_count, char** arguments) {
  return imagewright::sandbox::run_worker_if_asked(argument_count, arguments,
                                                   imagewright::container::worker_jobs());
}
